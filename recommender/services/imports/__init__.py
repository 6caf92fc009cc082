"""Catalogues, histories and reviews brought in from files: receive, preview, start, run, report."""

from recommender.services.imports.batches import (
    Preview,
    cancel,
    from_path,
    preview,
    receive_upload,
    requeue_lost,
    start,
)
from recommender.services.imports.fetching import fetch_url
from recommender.services.imports.files import FOLDER, left_over, may_go
from recommender.services.imports.issues import MAX_ISSUES, MAX_NOTES, issues_csv
from recommender.services.imports.running import run_import
from recommender.services.imports.storage import StoredFile, store_media

__all__ = [
    "FOLDER",
    "MAX_ISSUES",
    "MAX_NOTES",
    "Preview",
    "StoredFile",
    "cancel",
    "fetch_url",
    "from_path",
    "issues_csv",
    "left_over",
    "may_go",
    "preview",
    "receive_upload",
    "requeue_lost",
    "run_import",
    "start",
    "store_media",
]
