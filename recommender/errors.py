"""One family of exceptions; ``permanent`` decides whether a worker tries again."""

from __future__ import annotations


class RecommenderError(Exception):
    """Something a person should be told about, in words they can act on.

    Args:
        message: what went wrong, naming the file, row or setting.
        remedy: what to do about it; empty when the message says all.
        permanent: True when trying again cannot help.
    """

    permanent = True

    def __init__(self, message: str, remedy: str = "", *, permanent: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if permanent is not None:
            self.permanent = permanent

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class FormatError(RecommenderError):
    """A file cannot be read as the format it claims to be."""


class MediaError(RecommenderError):
    """A picture, sound or film cannot be decoded, or is larger than allowed."""


class StorageUnavailable(RecommenderError):
    """The media storage does not answer; nothing is lost, and what waits for it goes on when it does."""

    permanent = False


class EncoderError(RecommenderError):
    """An encoder or its weights cannot be loaded, or do not fit the space they are used in."""


class EncoderUnavailable(RecommenderError):
    """No worker answered a query in time; lexical search is the fall back."""

    permanent = False


class ScorerUnavailable(RecommenderError):
    """No worker scored what somebody waits for, or none can load the model."""

    permanent = False


class SnapshotError(RecommenderError):
    """A snapshot is missing, incomplete, or was built for another encoder space."""


class IndexUnavailable(RecommenderError):
    """What keeps the index does not answer in time; what has come since its snapshot can still be found."""

    permanent = False


class JobCancelled(RecommenderError):
    """Someone pressed cancel while the work was under way."""
