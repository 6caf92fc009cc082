"""What keeps or shows media passes in a bucket as it does in a folder of this machine."""

from __future__ import annotations

import pytest

from tests.again import repeated

#: Tests that keep media, read them or show them; the rest would only repeat itself.
SUBJECTS = (
    "services/test_imports_fetching.py",
    "services/test_imports_items.py",
    "services/test_imports_media.py",
    "services/test_imports_notes.py",
    "services/test_imports_upload.py",
    "services/test_preprocess.py",
    "services/test_queries.py",
    "services/test_sweep.py",
    "services/test_encode.py",
    "web/test_imports.py",
    "web/test_item.py",
    "web/test_media.py",
    "web/test_told.py",
    "api/test_imports.py",
    "api/test_items.py",
    "api/test_search.py",
    "analytics/services/test_regions.py",
    "analytics/services/test_scoring.py",
)


@pytest.mark.timeout(600)
def test_everything_that_touches_media_passes_in_a_bucket(bucket_url: str) -> None:
    with repeated([f"tests/{name}" for name in SUBJECTS], MEDIA_STORAGE=bucket_url) as passed:
        passed()
