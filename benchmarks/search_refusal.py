"""Of how many questions search says "nothing really matches": wrongly of what is sold, rightly of the rest.

The catalogue is the test part of the fashion set: words imported and encoded as the site does it, pictures by
the shipped encoder. Questions of what is sold are all pairs of colour and article type that occur in it.
*Search* is what people see: the shipped calibration, and the words as written. The calibration is also judged
alone. The peers are one threshold for the best cosine to a picture or to an item's words, chosen on questions
of what is sold only: it refuses as many of them as search does, or 5 %.

    python -m benchmarks.search_refusal [--data DIR]
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._foreign import Questions, existing, foreign
from benchmarks._report import ROOT, data_parser, machine, publish, require, verdict

SOLD = ("sold, en", "sold, zh")
PEER_SHARE = 0.05
SEARCH, CALIBRATION = "search", "the shipped calibration alone"
PICTURES, WORDS = "peer: best cosine to a picture", "peer: best cosine to an item's words"
Row = dict[str, Any]
Scores = dict[str, np.ndarray]  # of one kind of question: (questions,)


def main() -> None:
    options = data_parser(__doc__).parse_args()
    require("what search refuses", options.data / "fashion")
    about = machine()
    from benchmarks.feed_latency import _environment

    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        env = {**_environment(folder), "DJANGO_SETTINGS_MODULE": "mmsite.settings"}
        os.environ.clear()
        os.environ.update(env)
        rows, items = measure(options.data / "fashion", Path(folder))
    os.environ["MMSITE_VAR"] = str(ROOT / "var")  # the figures outlive the folder of this run
    publish("search_refusal", rows, about, items=items)
    sys.exit(verdict({}))


def measure(fashion: Path, folder: Path) -> tuple[list[Row], int]:
    """Rows of the table, and how many items were asked about."""
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.feed_latency import _running, _wait_for_redis
    from mmsite import processes

    with _running(processes.redis()):
        _wait_for_redis()
        call_command("migrate", verbosity=0)
        sold = bring_in(fashion, folder)
        questions = existing(sold) | foreign(row["productDisplayName"] for row in sold)
        return compared(answered(questions)), len(sold)


# -- the catalogue -------------------------------------------------------------------------------------------


def bring_in(fashion: Path, folder: Path) -> list[dict[str, str]]:
    """Import the test part without its pictures, make the vectors of both, build the index; the rows."""
    from recommender.engine.learning.corpora import read_table
    from recommender.services import imports
    from recommender.services.encode import encode_pending
    from recommender.services.index import rebuild_index

    rows = [row for row in read_table(fashion / "styles.csv") if row["split"] == "test"]
    (source := folder / "catalogue").mkdir()
    with (source / "styles.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (batch,) = imports.from_path(source)
    imports.start(batch, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    if batch.created != len(rows):
        raise SystemExit(f"{batch.created} of {len(rows)} items were imported: {batch.error}")
    while encode_pending():
        pass
    _look(fashion / "images")
    rebuild_index(force=True)
    return rows


def _look(images: Path) -> None:
    """Vectors of the pictures, as the encode worker makes them."""
    from django.conf import settings

    from recommender.engine.learning.assessment import encode_files
    from recommender.models import Embedding, Item
    from recommender.services.loaded import loaded_encoder
    from recommender.services.spaces import current_space

    items, space = list(Item.objects.all()), current_space()
    vectors = encode_files(
        loaded_encoder(settings.ENCODER), [images / f"{item.external_id}.jpg" for item in items]
    )
    Embedding.objects.bulk_create(
        Embedding(space=space, item=item, modality="image", state="ready", vector=row.astype("<f2").tobytes())
        for item, row in zip(items, vectors, strict=True)
    )


# -- asking --------------------------------------------------------------------------------------------------


def answered(questions: Questions) -> dict[str, Scores]:
    """By judge and kind of question, (n,): the higher, the surer that something matches."""
    from recommender.services import calls
    from recommender.services.encode import encode_query_payload

    # What the query worker answers, without one.
    calls.ask = lambda _name, question, _seconds: encode_query_payload(question)
    found: dict[str, Scores] = {SEARCH: {}, CALIBRATION: {}, PICTURES: {}, WORDS: {}}
    for kind, asked in questions.items():
        found[SEARCH][kind] = np.array([_is_found(text) for text in asked], float)
        each = np.array([_compared(text) for text in asked])
        for place, judge in enumerate((CALIBRATION, PICTURES, WORDS)):
            found[judge][kind] = each[:, place]
    return found


def _is_found(text: str) -> bool:
    from recommender.services.events import Actor
    from recommender.services.search import SearchQuery, search
    from recommender.services.search.question import NOTHING_CLOSE

    page = search(SearchQuery(text=text), Actor())
    if page.notice not in ("", NOTHING_CLOSE):
        raise SystemExit(f"{text!r} was answered otherwise: {page.notice}")
    return bool(page.cards) and not page.notice


def _compared(text: str) -> tuple[float, float, float]:
    """Of the best item: what it has above what a match needs, and its cosines by look and by words."""
    from recommender.contracts import MODALITIES
    from recommender.services.index import live_index
    from recommender.services.queries import encode_query
    from recommender.services.search.calibrations import scales
    from recommender.services.search.comparison import Comparison, Part
    from recommender.services.spaces import current_space

    space, live = current_space(), live_index()
    assert space is not None
    assert live is not None
    (vector,) = encode_query(space, [{"modality": "text", "text": text}])
    vectors = live.vectors(live.ids)
    judged = Comparison([Part({"text": vector})], {}, scales(space, live), space.dim).judge(vectors)
    cosines = vectors.reshape(len(vectors), len(MODALITIES), space.dim) @ vector
    best = dict(zip(MODALITIES, cosines.max(axis=0), strict=True))
    return float(judged.surplus.max()), float(best["image"]), float(best["text"])


# -- the table -----------------------------------------------------------------------------------------------


def compared(found: Mapping[str, Scores]) -> list[Row]:
    """One row for each judge; a peer has one for as many refusals of what is sold as search, one for 5 %."""
    rows = [row(SEARCH, "", found[SEARCH], 0.5), row(CALIBRATION, "", found[CALIBRATION], 0.0)]
    wrongly = float(np.mean(np.concatenate([found[SEARCH][kind] for kind in SOLD]) < 0.5))
    for judge in (PICTURES, WORDS):
        known = np.concatenate([found[judge][kind] for kind in SOLD])
        for chosen, share in (("as many of what is sold", wrongly), (f"{PEER_SHARE:.0%} of it", PEER_SHARE)):
            rows.append(row(judge, chosen, found[judge], threshold(known, share)))
    return rows


def threshold(known: np.ndarray, share: float) -> float:
    """The score under which ``share`` of the ``known`` (n,) lie, rounded down to whole questions."""
    return float(np.sort(known)[int(round(share * len(known), 6))])


def row(judge: str, chosen: str, scores: Scores, least: float) -> Row:
    counts = {kind: f"{int((values < least).sum())} of {len(values)}" for kind, values in scores.items()}
    at = round(least, 3) if chosen else ""
    return {"judge": judge, "threshold refuses": chosen, "threshold": at, **counts}


if __name__ == "__main__":
    main()
