"""A sentiment as the cells of a table."""

from __future__ import annotations

from analytics.contracts import CHANNELS, Sentiment

#: What is added to a scored table, in this order. ``problems`` names the files of the row that could not be
#: read, and why.
OUTPUTS = (
    "label", "polarity", "confidence", "abstained", "reason", "aspects", "disagreement",
    "text_polarity", "image_polarity", "speech_polarity", "transcript", "problems",
)  # fmt: skip


def cells_of(sentiment: Sentiment) -> tuple[str, ...]:
    """The cells of ``OUTPUTS``; of the problems those that the scorer met."""
    overall = sentiment.overall
    return (
        overall.label if overall else "",
        _number(overall.polarity) if overall else "",
        _number(overall.confidence) if overall else "",
        "true" if sentiment.abstained else "false",
        sentiment.reason,
        "; ".join(f"{one.aspect}: {_number(one.polarity)}" for one in sentiment.aspects),
        _number(sentiment.disagreement),
        *(
            _number(sentiment.channels[name].polarity) if name in sentiment.channels else ""
            for name in CHANNELS
        ),
        " ".join(one.transcript.text for one in sentiment.heard),
        " ".join(f"{channel}: {told}" for channel, told in sentiment.missing.items()),
    )


def _number(value: float) -> str:
    return f"{value:.4f}"
