"""Vectors of several modalities in one, and queries that weigh them."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.contracts import MODALITIES, Vector
from recommender.engine.index import LiveIndex, compose_query, item_matrix
from recommender.engine.index.composition import Asked, presence
from recommender.errors import EncoderError, RecommenderError
from tests.engine.index.vectors import make_items, rows_of, slow_score, unit

DIM = 4


def axis(number: int) -> np.ndarray:
    return np.eye(DIM, dtype=np.float32)[number]


def block(matrix: np.ndarray, modality: str) -> np.ndarray:
    return matrix.reshape(-1, len(MODALITIES), DIM)[:, MODALITIES.index(modality)]


def test_blocks_stand_in_the_order_of_the_modalities_and_what_is_missing_is_zero() -> None:
    ids, matrix = item_matrix([Vector(5, "audio", axis(1)), Vector(5, "image", axis(0))], DIM)
    assert ids.tolist() == [5]
    assert matrix.dtype == np.float32
    assert matrix[0].tolist() == [*axis(0), *np.zeros(DIM), *axis(1)]


def test_ids_ascend_whatever_the_order_of_the_vectors() -> None:
    ids, matrix = item_matrix([Vector(pk, "text", axis(pk % DIM)) for pk in (9, 2, 7)], DIM)
    assert ids.tolist() == [2, 7, 9]
    assert block(matrix, "text").tolist() == [axis(2).tolist(), axis(3).tolist(), axis(1).tolist()]


def test_several_vectors_of_one_kind_are_averaged_and_made_unit() -> None:
    vectors = [Vector(1, "image", axis(0)), Vector(2, "text", axis(3)), Vector(1, "image", axis(1))]
    _, matrix = item_matrix(vectors, DIM)
    assert block(matrix, "image")[0] == pytest.approx(unit(axis(0) + axis(1)))


def test_each_of_several_vectors_counts_the_same_however_long_it_is() -> None:
    _, matrix = item_matrix([Vector(1, "image", 5 * axis(0)), Vector(1, "image", axis(1))], DIM)
    assert block(matrix, "image")[0] == pytest.approx(unit(axis(0) + axis(1)))


def test_many_vectors_come_out_as_one_at_a_time_would(monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.engine.index import composition

    monkeypatch.setattr(composition, "_AT_ONCE", 7)
    rng = np.random.default_rng(0)
    vectors = [
        Vector(int(rng.integers(1, 20)), MODALITIES[rng.integers(3)], unit(rng.standard_normal(DIM)))
        for _ in range(200)
    ]
    ids, matrix = item_matrix(iter(vectors), DIM)
    assert ids.tolist() == sorted({vector.owner_id for vector in vectors})
    for row, pk in enumerate(ids):
        for modality in MODALITIES:
            own = [v.values for v in vectors if v.owner_id == pk and v.modality == modality]
            expected = unit(np.mean(own, axis=0)) if own else np.zeros(DIM)
            assert block(matrix, modality)[row] == pytest.approx(expected, abs=1e-5)


def test_no_vectors_are_no_rows() -> None:
    ids, matrix = item_matrix([], DIM)
    assert (ids.shape, ids.dtype, matrix.shape) == ((0,), np.int64, (0, 3 * DIM))


def test_an_item_whose_vectors_are_all_zero_is_left_out() -> None:
    ids, _ = item_matrix([Vector(1, "text", np.zeros(DIM)), Vector(2, "text", axis(0))], DIM)
    assert ids.tolist() == [2]


@pytest.mark.parametrize(
    ("vector", "word"),
    [
        (Vector(3, "text", np.ones(DIM + 1)), "Item 3 has a vector of 5 numbers"),
        (Vector(3, "smell", axis(0)), "'smell'"),  # type: ignore[arg-type]
        (Vector(3, "text", np.full(DIM, np.nan)), "item 3 is not finite"),
    ],
)
def test_a_vector_that_does_not_belong_is_refused_by_name(vector: Vector, word: str) -> None:
    with pytest.raises(EncoderError, match=word):
        item_matrix([Vector(1, "text", axis(0)), vector], DIM)


def test_a_query_scales_each_block_to_its_weight() -> None:
    query = compose_query({"image": 9 * axis(0), "audio": axis(1)}, {"image": 0.25, "audio": 2.0}, DIM)
    assert query.dtype == np.float32
    assert query.tolist() == [*(0.25 * axis(0)), *np.zeros(DIM), *(2 * axis(1))]


def test_a_modality_without_vector_or_weight_does_not_count() -> None:
    query = compose_query({"image": axis(0), "text": axis(1)}, {"text": 1.0, "audio": 1.0}, DIM)
    assert query.tolist() == [*np.zeros(DIM), *axis(1), *np.zeros(DIM)]


def test_a_negative_weight_asks_for_the_opposite() -> None:
    assert compose_query({"text": axis(1)}, {"text": -2.0}, DIM).tolist()[DIM : 2 * DIM] == [0, -2, 0, 0]


@pytest.mark.parametrize("values", [np.ones(DIM + 1), np.full(DIM, np.inf)])
def test_a_query_that_does_not_belong_is_refused(values: np.ndarray) -> None:
    with pytest.raises(EncoderError, match="text vector"):
        compose_query({"text": values}, {"text": 1.0}, DIM)


def test_presence_says_which_blocks_there_are() -> None:
    items = {1: {"image": axis(0)}, 2: {"text": axis(0), "audio": axis(1)}, 3: {}}
    assert presence(rows_of(items, DIM)[1], DIM).tolist() == [0b001, 0b110, 0]


# -- what an item lacks -----------------------------------------------------------------------------------


def index_of(items: dict[int, dict[str, np.ndarray]]) -> LiveIndex:
    live = LiveIndex(None, DIM)
    live.upsert(*rows_of(items, DIM))
    return live


def test_an_item_that_has_all_that_is_asked_scores_the_plain_inner_product() -> None:
    items = make_items(20, DIM, shares=(1.0, 1.0, 1.0))
    query = compose_query(dict.fromkeys(MODALITIES, axis(0)), {"image": 0.3, "text": 1, "audio": 2}, DIM)
    ids, matrix = rows_of(items, DIM)
    assert index_of(items).similarity(query, ids)[0] == pytest.approx(matrix @ query, abs=1e-5)


def test_a_missing_sound_costs_nothing_and_gains_nothing() -> None:
    near, lacking = {"text": axis(0), "audio": axis(1)}, {"text": axis(0)}
    query = compose_query({"text": axis(0), "audio": axis(1)}, {"text": 1.0, "audio": 5.0}, DIM)
    scores, _ = index_of({1: near, 2: lacking}).similarity(query, [1, 2])
    assert scores.tolist() == pytest.approx([6.0, 6.0])


def test_between_a_poor_sound_and_none_the_item_without_wins_and_loses_to_a_good_one() -> None:
    asked, weights = {"text": axis(0), "audio": axis(1)}, {"text": 1.0, "audio": 1.0}
    words = unit(np.array([0.8, 0.0, 0.0, 0.6]))
    items = {1: {"text": words, "audio": axis(2)}, 2: {"text": words}, 3: {"text": words, "audio": axis(1)}}
    found = index_of(items).search(compose_query(asked, weights, DIM), 3)
    assert [hit.item_id for hit in found] == [3, 2, 1]


def test_what_has_nothing_to_meet_is_no_hit() -> None:
    live = index_of({1: {"text": axis(0)}, 2: {"image": axis(0)}})
    query = compose_query({"image": -axis(0)}, {"image": 1.0}, DIM)
    assert [hit.item_id for hit in live.search(query, 5)] == [2]


def test_a_typical_similarity_makes_up_for_what_is_missing_in_its_own_scale() -> None:
    """Words agree with words at .8 and with pictures at .3; lacking the picture must not be an advantage."""
    asked = dict.fromkeys(("image", "text"), axis(0))
    words, look = np.array([0.8, 0.6, 0, 0]), unit(np.array([0.3, 0, 0.954, 0]))
    live = index_of({1: {"text": unit(words)}, 2: {"text": unit(words), "image": look}})
    query = compose_query(asked, {"image": 1.0, "text": 1.0}, DIM)
    plain, _ = live.similarity(query, [1, 2])
    assert plain[0] > plain[1] + 0.4
    level, _ = live.similarity(query, [1, 2], typical={"image": 0.3, "text": 0.8})
    assert level[0] == pytest.approx(level[1], abs=0.01)
    hits = live.search(query, 2, typical={"image": 0.3, "text": 0.8})
    assert {hit.item_id: hit.score for hit in hits} == pytest.approx(dict(zip([1, 2], level, strict=True)))


def test_equal_typical_similarities_change_nothing() -> None:
    items = make_items(30, DIM)
    query = compose_query(dict.fromkeys(MODALITIES, axis(0)), {"image": 0.3, "text": 1, "audio": 2}, DIM)
    live = index_of(items)
    assert live.search(query, 30, typical=dict.fromkeys(MODALITIES, 0.4)) == live.search(query, 30)


@pytest.mark.parametrize("typical", [{"image": 0.0}, {"text": -0.1}, {"audio": float("nan")}])
def test_a_typical_similarity_must_be_positive(typical: dict[str, float]) -> None:
    with pytest.raises(RecommenderError, match="positive"):
        Asked.of(compose_query({"text": axis(0)}, {"text": 1.0}, DIM), DIM, typical)


def test_the_scale_follows_the_weights_of_the_asked_and_not_of_all() -> None:
    item = {"image": axis(0)}
    weights = {"image": 1.0, "audio": 3.0}
    query = compose_query({"image": axis(0)}, weights, DIM)  # a weight, but no sound to ask with
    score = index_of({1: item}).search(query, 1)[0].score
    assert score == pytest.approx(slow_score(item, {"image": axis(0)}, {"image": 1.0}))
