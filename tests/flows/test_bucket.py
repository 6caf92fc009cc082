"""What keeps or shows media passes in a bucket as it does in a folder of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.again import Repetition


@pytest.mark.timeout(600)
def test_everything_that_touches_media_passes_in_a_bucket(in_a_bucket: Repetition) -> None:
    in_a_bucket()
