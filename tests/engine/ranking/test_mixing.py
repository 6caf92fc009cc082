"""The sum that ranks: faders mean something, parts add up, missing modalities are not punished."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from recommender.contracts import Candidate
from recommender.engine.graph import Accumulated
from recommender.engine.ranking import Mixed, explain, mix
from recommender.engine.ranking.mixing import CONTENT_SAY

EVEN = {"crowd": 1.0, "image": 1.0, "text": 1.0}


def sums(values: list[list[float]], known: list[list[bool]] | None = None) -> Accumulated:
    array = np.array(values, np.float32)
    there = np.ones(array.shape, bool) if known is None else np.array(known)
    places = np.arange(array.shape[1])
    return Accumulated(places + 10, array, ("crowd", "image", "text")[: len(array)], there, places)


def mixed(
    found: Accumulated, mixture: Mapping[str, float] = EVEN, evidence: float = 10.0, prior: float = 0.0
) -> Mixed:
    column = np.full(len(found.ids), prior, np.float32)
    return mix(found, column, column, mixture, evidence=evidence)


def order(found: Mixed) -> list[int]:
    return found.ids[found.best(len(found.ids))].tolist()


def random_sums(seed: int = 0, count: int = 300) -> Accumulated:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.2, 1.0, (3, count)) * np.array([[100.0], [1.0], [0.01]])
    return sums(values.tolist())


def test_the_parts_of_a_score_sum_to_it() -> None:
    found = random_sums()
    rng = np.random.default_rng(1)
    popular, fresh = rng.random(300).astype(np.float32), rng.random(300).astype(np.float32)
    result = mix(found, popular, fresh, {"crowd": 0.6, "image": 0.3, "text": 0.1}, evidence=3.0)
    np.testing.assert_allclose(result.parts.sum(axis=0), result.scores, atol=1e-6)
    assert result.names == ("crowd", "image", "text", "popular", "fresh")


def test_the_unit_of_a_source_does_not_matter() -> None:
    found = random_sums()
    larger = Accumulated(found.ids, found.values * 1000, found.sources, found.known, found.places)
    np.testing.assert_allclose(mixed(larger).scores, mixed(found).scores, atol=1e-5)


def says(mixture: Mapping[str, float]) -> list[float]:
    """The mean of the ten largest parts of each source."""
    return [float(np.sort(part)[-10:].mean()) for part in mixed(random_sums(), mixture).parts[:3]]


def test_with_full_faders_content_as_a_whole_has_its_say_beside_the_crowd() -> None:
    crowd, image, text = says(EVEN)
    assert image == pytest.approx(text, rel=1e-4)
    assert (image + text) / crowd == pytest.approx(CONTENT_SAY, rel=1e-4)


def test_one_modality_alone_has_the_whole_say_of_content() -> None:
    crowd, image, text = says({"crowd": 1.0, "text": 1.0})
    assert image == 0.0
    assert text / crowd == pytest.approx(CONTENT_SAY, rel=1e-4)


def test_half_a_fader_is_half_of_the_say() -> None:
    crowd, _, text = says({"crowd": 0.5, "text": 1.0})
    assert text / crowd == pytest.approx(2 * CONTENT_SAY, rel=1e-4)
    _, image, text = says({"image": 0.5, "text": 1.0})
    assert image / text == pytest.approx(0.5, rel=1e-4)


def test_a_fader_at_nothing_mutes_its_source() -> None:
    found = random_sums()
    result = mixed(found, {"text": 1.0})
    assert not result.parts[:2].any()
    assert order(result) == order(mixed(found, {"text": 0.2}))


def test_the_order_follows_the_fader() -> None:
    found = sums([[1.0, 0.0], [0.0, 1.0]])
    assert order(mixed(found, {"crowd": 0.9, "image": 0.1})) == [10, 11]
    assert order(mixed(found, {"crowd": 0.1, "image": 0.9})) == [11, 10]


def test_one_outlier_does_not_mute_the_rest_of_its_source() -> None:
    crowd = [50.0] + [1.0] * 30
    image = [0.0] + [1.0] * 30
    result = mixed(sums([crowd, image]))
    assert result.parts[0, 5] * CONTENT_SAY > 0.15 * result.parts[1, 5]


def test_an_item_without_pictures_is_judged_by_what_it_has() -> None:
    values = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    known = [[True, True], [True, False], [True, True]]
    scores = mixed(sums(values, known)).scores
    assert scores[0] == pytest.approx(scores[1])


def test_an_item_that_has_a_picture_unlike_those_liked_is_not_raised() -> None:
    scores = mixed(sums([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])).scores
    assert scores[0] > scores[1]


def test_of_an_item_that_nobody_touched_content_says_more() -> None:
    values = [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    known = [[True, True, False], [True, True, True]]
    _, touched, new = mixed(sums(values, known)).scores
    assert touched * 1.5 < new < mixed(sums(values, known)).scores[0]


def test_a_source_that_reaches_nothing_takes_nothing_from_the_others() -> None:
    with_text = mixed(sums([[1.0, 0.5], [0.5, 1.0], [0.0, 0.0]]))
    without = mixed(sums([[1.0, 0.5], [0.5, 1.0]]))
    np.testing.assert_allclose(with_text.scores, without.scores)


def test_without_history_popularity_and_freshness_are_everything() -> None:
    found = sums([[0.0, 0.0], [0.0, 0.0]])
    result = mix(found, np.array([1.0, 0.2]), np.array([0.0, 1.0]), EVEN, evidence=0.0)
    np.testing.assert_allclose(result.scores, [0.7, 0.14 + 0.3], atol=1e-6)


def test_the_say_of_popularity_falls_as_history_grows() -> None:
    found = random_sums()
    shares = [mixed(found, evidence=likes, prior=1.0).parts[3, 0] for likes in (0.0, 1.0, 5.0, 50.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.7)
    assert shares[-1] < 0.05


def test_what_was_turned_down_pushes_its_likes_down() -> None:
    found = sums([[0.5, 0.5, 0.5], [0.3, -0.6, 0.1]])
    assert order(mixed(found))[-1] == 11


def test_the_best_are_those_that_sorting_gives() -> None:
    result = mixed(random_sums())
    wanted = sorted(range(300), key=lambda place: (-result.scores[place], place))
    assert result.best(24).tolist() == wanted[:24]
    assert result.best(10_000).tolist() == wanted


def test_equal_scores_are_ordered_by_id() -> None:
    assert mixed(sums([[1.0] * 50])).best(5).tolist() == [0, 1, 2, 3, 4]


def test_nothing_reached_is_nothing_to_rank() -> None:
    result = mixed(sums([[], []]))
    assert result.best(5).tolist() == []


def test_a_candidate_carries_the_parts_that_speak() -> None:
    result = mixed(sums([[1.0, 0.0], [0.5, 1.0]]))
    candidate = result.candidate(1, {"image": 99})
    assert candidate.item_id == 11
    assert set(candidate.parts) == {"image"}
    assert candidate.score == pytest.approx(sum(candidate.parts.values()))
    assert candidate.because == {"image": 99}


def test_the_explanation_is_the_largest_part_of_the_score() -> None:
    told = explain(Candidate(1, 0.5, {"crowd": 0.3, "text": 0.6, "image": -0.4}, {"crowd": 5, "text": 7}))
    assert told is not None
    assert (told.source, told.seed_id) == ("text", 7)
    assert told.share == pytest.approx(0.6 / 0.9)


def test_popularity_is_explained_by_no_item() -> None:
    told = explain(Candidate(1, 0.5, {"popular": 0.5}))
    assert told is not None
    assert told.seed_id is None


def test_a_score_without_positive_parts_has_no_explanation() -> None:
    assert explain(Candidate(1, -0.5, {"image": -0.5})) is None
