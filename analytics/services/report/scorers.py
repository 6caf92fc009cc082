"""Which models the reviews of a report were scored by."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.models import SentimentScore

#: Scores among which one that is ready is looked for before all are.
_NEWEST = 200
#: Models looked for; while reviews are being scored anew there are two.
_MOST = 8


@dataclass(frozen=True, slots=True)
class ScoredBy:
    """A model, and its share of all reviews that a model has scored."""

    model: str
    share: float


def scored_by() -> list[ScoredBy]:
    """The models whose scores the site's reports are made of, that of most reviews first.

    There is one but while reviews are being scored anew. Of all reviews, whatever was asked: which model
    scored a review is in no rollup, and older reviews soon have the newer model too.
    """
    models = _models()
    if len(models) == 1:
        return [ScoredBy(models[0], 1.0)]
    counts = {model: SentimentScore.objects.filter(model=model).count() for model in models}
    total = sum(counts.values())
    most = sorted(counts.items(), key=lambda one: -one[1])
    return [ScoredBy(model, count / total) for model, count in most if count]


def _models() -> list[str]:
    """One step in the index for each: DISTINCT would read all of it."""
    found: list[str] = []
    scores = SentimentScore.objects.order_by("model").values_list("model", flat=True)
    while len(found) < _MOST and (model := scores.filter(model__gt=found[-1] if found else "").first()):
        found.append(model)
    return found


def model_in_service() -> str:
    """Key of the scorer that scored last; "" before anything is scored."""
    newest = SentimentScore.objects.order_by("-pk").values_list("state", "model")
    for state, model in newest[:_NEWEST]:
        if state == SentimentScore.State.READY and model:
            return model
    # Asked like this at once, a database reads all rows of the state to find the last of them.
    last = SentimentScore.objects.ready().exclude(model="").order_by("-pk")
    return last.values_list("model", flat=True).first() or ""
