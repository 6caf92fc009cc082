"""Parts of a question against blocks of items, with scales that are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from recommender.contracts import MODALITIES
from recommender.engine.encoders.calibration import Calibration
from recommender.engine.index import LiveIndex
from recommender.services.search.calibrations import measure_pairs
from recommender.services.search.comparison import Comparison, Part

DIM = 32
_SAME = Calibration(0.05, 0.2, 0.8, 0.1, 0.6, 100)
_CROSS = Calibration(0.02, 0.15, 0.5, 0.1, 0.4, 100)
TABLE = {(q, t): _SAME if q == t else _CROSS for q, t in product(MODALITIES, MODALITIES)}


def unit(*values: float, noise: int | None = None) -> np.ndarray:
    vector = np.zeros(DIM)
    vector[: len(values)] = values
    if noise is not None:
        vector[8:] += np.random.default_rng(noise).normal(size=DIM - 8) / 5
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def item(**blocks: np.ndarray) -> np.ndarray:
    return np.concatenate([blocks.get(name, np.zeros(DIM, np.float32)) for name in MODALITIES])


def compare(*parts: Part, weights: dict[str, float] | None = None) -> Comparison:
    return Comparison(parts, weights or {}, TABLE, DIM)


def words(*values: float, sign: float = 1.0) -> Part:
    return Part({"text": unit(*values)}, sign)


def test_words_are_compared_with_pictures_and_words_alike() -> None:
    there, not_there = unit(1), unit(0, 1)
    judged = compare(words(1)).judge(
        np.stack([item(image=there), item(text=there), item(image=not_there), item(text=not_there)])
    )
    assert judged.scores[:2].min() > 2 > judged.scores[2:].max()


def test_an_item_that_lacks_a_modality_is_judged_by_what_it_has() -> None:
    near = unit(1, 0.2)
    both, one = compare(words(1)).judge(np.stack([item(image=near, text=near), item(text=near)])).scores
    assert one == pytest.approx((near[0] - 0.05) / 0.2, rel=1e-3)
    assert both == pytest.approx((near[0] * (1 / 0.2 + 1 / 0.15) - 0.05 / 0.2 - 0.02 / 0.15) / 2, rel=0.1)


def test_an_item_with_nothing_to_compare_has_no_score() -> None:
    judged = compare(words(1), weights={"image": 1.0, "text": 0.0, "audio": 0.0}).judge(
        np.stack([item(text=unit(1)), item(image=unit(1))])
    )
    assert np.isneginf(judged.scores[0])
    assert judged.surplus[0] == -np.inf
    assert np.isfinite(judged.scores[1])


def test_no_weights_at_all_count_as_all() -> None:
    nothing = compare(words(1), weights=dict.fromkeys(MODALITIES, 0.0))
    assert nothing.query == pytest.approx(compare(words(1)).query)


def test_the_query_of_the_index_ranks_as_the_scores_do() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([item(**{name: unit(*rng.normal(size=DIM)) for name in MODALITIES}) for _ in range(200)])
    comparison = compare(words(1, 1), Part({"image": unit(0, 1, 1)}))
    by_query, by_score = rows @ comparison.query, comparison.judge(rows).scores
    assert np.argsort(by_query).tolist() == np.argsort(by_score).tolist()


def test_the_index_finds_items_that_lack_a_modality_where_the_scores_put_them() -> None:
    rng = np.random.default_rng(1)
    rows = [
        item(**{name: unit(*rng.normal(size=DIM)) for name in MODALITIES if rng.random() < 0.6})
        for _ in range(300)
    ]
    rows = np.stack([row for row in rows if row.any()])
    live = LiveIndex(None, DIM)
    live.upsert(np.arange(1, len(rows) + 1), rows)
    comparison = compare(words(1, 0.5, 0.2))
    hits = live.search(comparison.query, 40, typical=comparison.typical)
    best = np.argsort(-comparison.judge(rows).scores)[:10] + 1
    assert set(best.tolist()) <= {hit.item_id for hit in hits}


def test_a_minus_term_takes_from_what_matches_it_and_leaves_the_rest() -> None:
    rows = np.stack([item(image=unit(1, 1)), item(image=unit(1, 0, 1))])
    plain = compare(words(1)).judge(rows).scores
    less = compare(words(1), words(0, 1, sign=-1.0)).judge(rows)
    assert less.scores[0] < plain[0] - 0.5
    assert less.scores[1] == pytest.approx(plain[1])
    assert less.refused.tolist() == [True, False]


def test_every_part_has_its_say_whatever_its_modality() -> None:
    picture, blue = Part({"image": unit(1)}), words(0, 1)
    rows = np.stack([item(image=unit(1, 1)), item(image=unit(1)), item(image=unit(0, 1))])
    assert compare(picture, blue).judge(rows).scores.argmax() == 0


def test_an_item_is_compared_block_by_block_with_its_own_kind() -> None:
    asked = Part({"image": unit(1), "text": unit(0, 1)})
    alike, crossed = item(image=unit(1), text=unit(0, 1)), item(image=unit(0, 1), text=unit(1))
    scores = compare(asked).judge(np.stack([alike, crossed])).scores
    assert scores[0] > 3 > 0.5 > scores[1]


def test_a_match_passes_in_all_it_has() -> None:
    hit, miss = unit(1), unit(0, 1)
    surplus = (
        compare(words(1))
        .judge(np.stack([item(image=hit, text=hit), item(image=hit, text=miss), item(image=miss, text=hit)]))
        .surplus
    )
    assert (surplus > 0).tolist() == [True, False, False]


def test_a_match_of_several_parts_matches_each_of_them() -> None:
    rows = np.stack([item(image=unit(1, 1)), item(image=unit(1))])
    surplus = compare(words(1), words(0, 1)).judge(rows).surplus
    assert (surplus > 0).tolist() == [True, False]


def test_beside_a_picture_words_say_what_should_differ_and_no_match_needs_them() -> None:
    picture, blue = Part({"image": unit(1)}, shows=True), words(0, 1)
    rows = np.stack([item(image=unit(1, 0.3), text=unit(1)), item(image=unit(0, 1), text=unit(0, 1))])
    surplus = compare(picture, blue).judge(rows).surplus
    assert (surplus > 0).tolist() == [True, False]


def test_the_very_picture_is_a_match_whatever_it_is_called() -> None:
    rows = np.stack([item(image=unit(1), text=unit(0.3, 1)), item(image=unit(0.3, 1), text=unit(0.3, 1))])
    surplus = compare(Part({"image": unit(1)}, shows=True)).judge(rows).surplus
    assert (surplus > 0).tolist() == [True, False]


def test_relevance_is_nought_by_chance_and_one_for_the_very_same() -> None:
    rows = np.stack([item(image=unit(1), text=unit(0, 0, 1)), item(text=unit(0.9, 0.2))])
    relevance = compare(words(1)).judge(rows).relevance
    assert relevance[0].tolist() == [1.0, 0.0, pytest.approx(np.nan, nan_ok=True)]
    assert np.isnan(relevance[1, 0])
    assert 0.5 < relevance[1, 1] < 1.0  # more than a typical match


# -- scales that no encoder ships ---------------------------------------------------------------------------


def test_scales_are_measured_on_the_catalogue() -> None:
    rng = np.random.default_rng(2)
    meaning = rng.normal(size=(400, DIM))
    rows = np.stack(
        [
            item(image=unit(*(m + rng.normal(size=DIM))), text=unit(*(m + rng.normal(size=DIM))))
            for m in meaning
        ]
    )
    live = LiveIndex(None, DIM)
    live.upsert(np.arange(400), rows)
    table = measure_pairs(live)
    assert table["text", "image"].match_mean > 0.4 > abs(table["text", "image"].random_mean)
    assert 0.3 < table["text", "image"].threshold < 0.6
    assert table["image", "image"].match_mean < 0.95
    assert table["audio", "text"].pairs == 0


def test_an_unknown_scale_never_says_that_nothing_matches() -> None:
    table = measure_pairs(LiveIndex(None, DIM))
    judged = Comparison([words(1)], {}, table, DIM).judge(item(text=unit(0, 1))[None])
    assert judged.surplus[0] > 0


def test_a_picture_prefers_what_looks_like_it_to_what_only_reads_like_it() -> None:
    picture = Part({"image": unit(1)}, shows=True)
    looks, reads = item(image=unit(1, 0.9), text=unit(1, 0.9)), item(text=unit(1, 0.5))
    scores = compare(picture).judge(np.stack([looks, reads])).scores
    assert scores[0] > scores[1] > 0


def test_an_item_asked_for_is_like_items_that_only_have_words() -> None:
    asked = Part({"image": unit(1), "text": unit(0, 1)}, shows=True)
    alone = compare(asked).judge(item(text=unit(0, 1))[None]).scores[0]
    assert alone == pytest.approx((1.0 - 0.05) / 0.2, rel=1e-3)
