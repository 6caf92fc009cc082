"""Measures of the recommender, and of what comes into the catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring.measures import measure

# -- answers ------------------------------------------------------------------------------------------------

_SECONDS, _STAGES = "mmsite_recommender_answer_seconds", "mmsite_recommender_stage_seconds"
_FEED, _SEARCH = {"surface": "feed"}, {"surface": "search"}

measure("feed.p50", _("Time of the feed, median"), "s", _SECONDS, "p50", where=_FEED)
measure("feed.p95", _("Time of the feed, 95th percentile"), "s", _SECONDS, "p95", where=_FEED)
measure("feed.stages", _("Time of the feed by stage, mean"), "s", _STAGES, "mean", by=("stage",), where=_FEED)
measure(
    "feed.p95_by_stage",
    _("Time of the feed by stage, 95th percentile"),
    "s",
    _STAGES,
    "p95",
    by=("stage",),
    where=_FEED,
)
measure("search.p50", _("Time of a search, median"), "s", _SECONDS, "p50", where=_SEARCH)
measure("search.p95", _("Time of a search, 95th percentile"), "s", _SECONDS, "p95", where=_SEARCH)
measure(
    "search.stages", _("Time of a search by stage, mean"), "s", _STAGES, "mean", by=("stage",), where=_SEARCH
)
measure(
    "search.p95_by_stage",
    _("Time of a search by stage, 95th percentile"),
    "s",
    _STAGES,
    "p95",
    by=("stage",),
    where=_SEARCH,
)
measure(
    "recommender.p95_by_surface",
    _("Time of the recommender by place, 95th percentile"),
    "s",
    _SECONDS,
    "p95",
    by=("surface",),
)
measure(
    "feed.candidates",
    _("Candidates of the feed by source"),
    "count",
    "mmsite_recommender_candidates",
    "mean",
    by=("source",),
    where=_FEED,
)
measure(
    "search.candidates",
    _("Candidates of a search by source"),
    "count",
    "mmsite_recommender_candidates",
    "mean",
    by=("source",),
    where=_SEARCH,
)
measure("feed.readers", _("First pages of the feed"), "/s", "mmsite_feed_readers_total", "rate")
measure(
    "feed.cold_share",
    _("Share of feeds for people of whom nothing is known"),
    "ratio",
    "mmsite_feed_readers_total",
    "rate",
    where={"reader": "cold"},
    over="feed.readers",
)
_ANSWERS = "mmsite_recommender_answers_total"
measure(
    "recommender.answers", _("Answers of the recommender by place"), "/s", _ANSWERS, "rate", by=("surface",)
)
measure(
    "recommender.empty_share",
    _("Share of answers with nothing in them, by place"),
    "ratio",
    _ANSWERS,
    "rate",
    by=("surface",),
    where={"result": "empty"},
    over="recommender.answers",
)
measure("search.answers", _("Searches"), "/s", _ANSWERS, "rate", where=_SEARCH)
for _result, _title in (
    ("empty", _("Share of searches that find nothing")),
    ("nothing_close", _("Share of searches that find nothing close")),
    ("encoder_down", _("Share of searches that the encoder did not answer")),
    ("index_down", _("Share of searches that the index did not answer")),
):
    measure(
        f"search.{_result}_share",
        _title,
        "ratio",
        _ANSWERS,
        "rate",
        where={**_SEARCH, "result": _result},
        over="search.answers",
    )

# -- what people make of it ---------------------------------------------------------------------------------

_SHOWN, _CLICKS, _SAVES = "mmsite_impressions_total", "mmsite_clicks_total", "mmsite_saves_total"
measure("shown", _("Cards shown"), "/s", _SHOWN, "rate")
measure("click_rate", _("Click-through rate"), "ratio", _CLICKS, "rate", over="shown")
measure("save_rate", _("Save rate"), "ratio", _SAVES, "rate", over="shown")
measure("shown.by_row", _("Cards shown by row"), "/s", _SHOWN, "rate", by=("row",))
measure(
    "click_rate.by_row",
    _("Click-through rate by row"),
    "ratio",
    _CLICKS,
    "rate",
    by=("row",),
    over="shown.by_row",
)
measure("save_rate.by_row", _("Save rate by row"), "ratio", _SAVES, "rate", by=("row",), over="shown.by_row")
measure("shown.by_rank", _("Cards shown by rank"), "/s", _SHOWN, "rate", by=("rank",))
measure(
    "click_rate.by_rank",
    _("Click-through rate by rank"),
    "ratio",
    _CLICKS,
    "rate",
    by=("rank",),
    over="shown.by_rank",
)
measure(
    "save_rate.by_rank", _("Save rate by rank"), "ratio", _SAVES, "rate", by=("rank",), over="shown.by_rank"
)
measure(
    "unplaced",
    _("Clicks and saves without a card"),
    "/s",
    "mmsite_answers_unplaced_total",
    "rate",
    by=("kind",),
)
measure(
    "coverage",
    _("Coverage: share of the catalogue shown within a day"),
    "ratio",
    "mmsite_recommender_coverage_ratio",
    "level",
)
measure(
    "novelty", _("Novelty of what is shown, in bits"), "count", "mmsite_recommender_novelty_bits", "level"
)
measure(
    "repetition",
    _("Repetition: share of cards shown to the same person before"),
    "ratio",
    "mmsite_recommender_repetition_ratio",
    "level",
)

# -- what comes in ------------------------------------------------------------------------------------------

_ROWS = "mmsite_import_rows_total"
measure("imports.rows", _("Rows imported"), "/s", _ROWS, "rate")
measure("imports.rows_by_outcome", _("Rows imported by outcome"), "/s", _ROWS, "rate", by=("outcome",))
measure("imports.rows_by_kind", _("Rows imported by kind"), "/s", _ROWS, "rate", by=("kind",))
measure(
    "imports.rejected_share",
    _("Share of imported rows that are rejected"),
    "ratio",
    _ROWS,
    "rate",
    where={"outcome": "rejected"},
    over="imports.rows",
)
measure(
    "imports.problems",
    _("Faults of imported rows by field"),
    "/s",
    "mmsite_import_problems_total",
    "rate",
    by=("field",),
)
measure(
    "imports.ended", _("Imports by how they ended"), "count", "mmsite_imports_total", "count", by=("outcome",)
)
_MEDIA = "mmsite_media_total"
measure("media.prepared", _("Media prepared"), "/s", _MEDIA, "rate")
measure("media.by_outcome", _("Media prepared by outcome"), "/s", _MEDIA, "rate", by=("outcome",))
measure("media.by_kind", _("Media prepared by kind"), "/s", _MEDIA, "rate", by=("kind",))
measure(
    "media.failed_share",
    _("Share of media that cannot be prepared"),
    "ratio",
    _MEDIA,
    "rate",
    where={"outcome": "failed"},
    over="media.prepared",
)
measure(
    "media.failures",
    _("Media not prepared by reason"),
    "/s",
    "mmsite_media_failures_total",
    "rate",
    by=("reason",),
)
measure(
    "media.p95",
    _("Time to prepare a medium, 95th percentile"),
    "s",
    "mmsite_media_seconds",
    "p95",
    by=("kind",),
)
_ENCODED = "mmsite_encoded_total"
measure("encode.rows", _("Words, pictures and sounds encoded"), "/s", _ENCODED, "rate", by=("modality",))
measure(
    "encode.failed_share",
    _("Share of what cannot be encoded"),
    "ratio",
    _ENCODED,
    "rate",
    by=("modality",),
    where={"outcome": "failed"},
    over="encode.rows",
)
measure(
    "encode.failures",
    _("What cannot be encoded by reason"),
    "/s",
    "mmsite_encode_failures_total",
    "rate",
    by=("reason",),
)
measure(
    "encode.busy",
    _("Share of time that is spent on encoding"),
    "ratio",
    "mmsite_encode_busy_seconds_total",
    "rate",
    by=("modality",),
)
measure(
    "encode.speed",
    _("Speed of the encoder while it works"),
    "/s",
    _ENCODED,
    "rate",
    by=("modality",),
    over="encode.busy",
)
measure(
    "encode.batch",
    _("Rows of a batch that is encoded"),
    "count",
    "mmsite_encode_batch_rows",
    "mean",
    by=("modality",),
)
measure(
    "encode.p95",
    _("Time to encode a batch, 95th percentile"),
    "s",
    "mmsite_encode_seconds",
    "p95",
    by=("modality",),
)
measure(
    "query_encode.p95",
    _("Time of the encoder over a query, 95th percentile"),
    "s",
    "mmsite_query_encode_seconds",
    "p95",
    by=("modality",),
)
