"""What a workbook's cells hold."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl.utils.datetime import from_excel

from analytics.services.documents import xlsx_file


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    "moment",
    ["2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-10-25T00:30:00.250000", "2024-02-29T23:59:30"],
)
def test_a_time_is_kept_as_the_days_that_excel_counts(moment: str, zone: str) -> None:
    when = datetime.fromisoformat(moment)
    local = when.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert from_excel(xlsx_file.days_of(when.replace(tzinfo=UTC), ZoneInfo(zone))) == local
    assert from_excel(xlsx_file.days_of(when, ZoneInfo(zone))) == when
