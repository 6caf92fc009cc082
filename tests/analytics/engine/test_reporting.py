"""Intervals, tests, terms and cells against slow or textbook ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.engine.reporting.anomalies import (
    Rules,
    Window,
    false_discovery_bound,
    run_tests,
    upper_tail,
    worst_days,
)
from analytics.engine.reporting.cubes import CUBES, joined, narrow, packed, parts, summed, unpacked
from analytics.engine.reporting.intervals import Tally, difference, net_interval, net_intervals
from analytics.engine.reporting.terms import (
    log_odds,
    log_odds_of_shares,
    terms_of,
    terms_of_all,
    without_echoes,
)

COUNTS = st.integers(0, 200)


@given(COUNTS, COUNTS, COUNTS)
def test_the_interval_holds_the_net_and_stays_within_bounds(bad: int, middling: int, good: int) -> None:
    tally = Tally(bad, middling, good)
    bounds = net_interval(tally)
    if not tally.total:
        assert bounds is None
    else:
        assert bounds is not None
        assert -1 <= bounds[0] <= tally.net <= bounds[1] <= 1


def test_intervals_of_many_are_those_of_each() -> None:
    counts = np.array([[0, 0, 0], [1, 0, 0], [0, 3, 0], [0, 0, 40], [7, 2, 5], [900, 80, 20]])
    for row, found in zip(counts, net_intervals(counts), strict=True):
        assert tuple(found) == pytest.approx(
            net_interval(Tally(*map(float, row))) or (np.nan, np.nan), nan_ok=True
        )


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    for shares in ((0.2, 0.2, 0.6), (0.05, 0.05, 0.9)):
        drawn = [net_interval(Tally(*map(float, rng.multinomial(25, shares)))) for _ in range(2_000)]
        inside = np.mean([low <= shares[2] - shares[0] <= high for low, high in drawn])
        assert inside > 0.93


def test_two_nets_are_compared_by_welch_s_test() -> None:
    a, b = Tally(30, 20, 50), Tally(20, 10, 120)
    values = [np.repeat([-1, 0, 1], [t.negative, t.neutral, t.positive]) for t in (a, b)]
    found = difference(a, b)
    assert found is not None
    assert found.p_value == pytest.approx(stats.ttest_ind(*values, equal_var=False).pvalue)


def test_two_single_reviews_prove_nothing() -> None:
    found = difference(Tally(1, 0, 0), Tally(0, 0, 1))
    assert found is not None
    assert found.p_value > 0.05


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3), st.integers(1, 9)), max_size=60
    )
)
def test_cells_are_the_sums_of_their_rows_and_survive_packing(rows: list[tuple[int, int, int, int]]) -> None:
    cube = CUBES["words"]
    columns = dict(
        zip(("language", "label", "term", "reviews"), np.array(rows, dtype=int).reshape(-1, 4).T, strict=True)
    )
    cells = summed(cube, columns)
    expected: dict[tuple[int, ...], int] = {}
    for *key, count in rows:
        expected[tuple(key)] = expected.get(tuple(key), 0) + count
    again = unpacked(cube, packed(cube, cells), len(cells["reviews"]))
    keys = zip(*(again[name].tolist() for name in cube.dimensions), strict=True)
    assert dict(zip(keys, again["reviews"].tolist(), strict=True)) == expected


def test_the_tail_is_that_of_the_beta_binomial_distribution() -> None:
    found = upper_tail(np.array([7.0]), np.array([12.0]), np.array([2.5]), np.array([6.0]))
    assert found[0] == pytest.approx(stats.betabinom.sf(6, 12, 2.5, 6.0))


def test_the_bound_is_that_of_benjamini_and_hochberg() -> None:
    p_values = np.array([0.001, 0.008, 0.039, 0.041, 0.3])
    adjusted = stats.false_discovery_control(p_values)
    assert false_discovery_bound(p_values, 0.05) == p_values[adjusted <= 0.05].max()


def test_the_worst_days_are_those_that_stand_out() -> None:
    negative = np.array([1, 0, 5, 6, 5, 0, 1.0])
    assert worst_days(negative, np.full(7, 6.0), 0.2, 0.9) == (2, 5)


def test_the_worst_days_are_not_joined_over_days_that_are_shut() -> None:
    negative = np.array([6, 6, 0, 0, 6, 6, 6.0])
    reviews = np.array([6, 6, 0, 0, 6, 6, 6.0])
    shut = np.array([0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert worst_days(negative, reviews, 0.2, 0.9) == (0, 7)
    assert worst_days(negative, reviews, 0.2, 0.9, shut) == (4, 7)


def test_what_is_usual_can_be_told_from_what_is_tested() -> None:
    negative, reviews = (np.pad(np.full((1, 10), count), ((0, 0), (0, 20))) for count in (4.0, 8.0))
    news = [np.zeros((1, 30)), np.zeros((1, 30))]
    for counts, value in zip(news, (5.0, 6.0), strict=True):
        counts[0, 29] = value
    test = run_tests(*news, np.array([[1.0, 9.0]]), [Window(29, 30)], Rules(), past=(negative, reviews))
    assert (test.negative[0], test.reviews[0]) == (5, 6)
    assert test.usual[0] == pytest.approx(41 / 90)


def test_terms_are_words_and_negations() -> None:
    assert terms_of("The handle is NOT good!") == {"handle", "not", "good", "not good"}
    assert terms_of("") == frozenset()


def test_chinese_is_cut_into_words_and_what_only_binds_is_left_out() -> None:
    assert terms_of("客服态度非常好，第二天就到货了") == {"客服", "态度", "好", "第二天", "到货"}
    assert terms_of("我用的是T恤，屏幕裂了") == {"屏幕", "裂"}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("不舒服", {"舒服", "不舒服"}),
        ("没有异味", {"异味", "没有异味"}),
        ("沒有異味", {"異味", "沒有異味"}),
        ("不能充电", {"充电", "不能充电"}),
        ("不是很好", {"好", "不是很好"}),
        ("没有任何异味", {"异味", "没有任何异味"}),
        ("信号不太好", {"信号", "不太好"}),
        ("不太吵", {"吵", "不太吵"}),
        ("很难用", {"难用"}),
        ("打不开", {"打不开"}),
    ],
)
def test_what_is_negated_in_chinese_is_a_term_that_stands_in_the_text(text: str, terms: set[str]) -> None:
    assert terms_of(text) == terms
    assert all(term in text for term in terms)


def test_what_no_one_could_name_is_no_term() -> None:
    assert terms_of("㐀" * 200 + "不" * 200) == frozenset()
    assert all(len(term) <= 80 for term in terms_of(f"{'n' * 37}'t {'x' * 39} 不是{'很' * 200}好"))


def test_a_common_change_outranks_a_word_said_once() -> None:
    first, second = (np.array([count, once, *[50.0] * 40]) for count, once in ((40, 1), (5, 0)))
    score = log_odds(first, second, first + second)
    assert score.argmax() == 0
    assert abs(score[2]) < 3


def test_one_term_alone_is_not_said_more_than_others() -> None:
    assert log_odds(np.array([3]), np.array([0]), np.array([3])).tolist() == [0.0]


def test_shares_that_did_not_change_are_as_likely_as_they_say() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.binomial(400, 0.2, 4_000), rng.binomial(900, 0.2, 4_000)
    found = log_odds_of_shares(first, second, 400, 900)
    assert 0.02 < np.mean(np.abs(found) > 1.96) <= 0.055
    assert abs(found.mean()) < 0.1


def test_a_share_that_grew_scores_as_a_test_of_two_shares_does() -> None:
    (found,) = log_odds_of_shares(np.array([90]), np.array([50]), 300, 300)
    table = stats.contingency.odds_ratio([[90, 210], [50, 250]], kind="sample")
    low, high = np.log(table.confidence_interval())
    assert found == pytest.approx(np.log(table.statistic) / ((high - low) / 2 / 1.96), rel=0.05)


def test_shares_of_all_and_of_nothing_have_a_score() -> None:
    assert np.isfinite(log_odds_of_shares(np.array([5, 0, 5]), np.array([5, 0, 0]), 5, 5)).all()
    assert log_odds_of_shares(np.array([0]), np.array([0]), 0, 0) == 0


def test_a_term_that_a_better_one_contains_goes() -> None:
    terms = ["不舒服", "舒服", "handle", "good", "not good"]
    assert without_echoes(terms, [10, 11, 9, 90, 10]) == [0, 2, 3, 4]


def test_no_phrase_reaches_from_one_text_of_a_review_into_the_next() -> None:
    assert terms_of_all(["It is not", "good 手机", "壳好看", ""]) == {"not", "good", "手机", "好看"}


@pytest.mark.parametrize("largest", [3, 1000, 2**31])
def test_cells_are_summed_as_by_hand_however_large_their_numbers(largest: int) -> None:
    """By a table of all numbers, by a table of those there are, and by sorting."""
    rng = np.random.default_rng(6)
    cube, count = CUBES["words"], 4000
    terms = rng.integers(0, largest, 300, dtype=np.uint32)
    columns = {
        "language": rng.integers(0, 3, count) * (largest // 3),
        "label": rng.integers(0, 4, count),
        "term": rng.choice(terms, count),
        "reviews": rng.integers(1, 9, count),
    }
    by_hand: dict[tuple[int, ...], int] = {}
    for *cell, reviews in zip(*(columns[name].tolist() for name in cube.columns), strict=True):
        by_hand[tuple(cell)] = by_hand.get(tuple(cell), 0) + reviews
    cells = summed(cube, columns)
    found = zip(*(cells[name].tolist() for name in cube.columns), strict=True)
    assert list(found) == sorted((*cell, reviews) for cell, reviews in by_hand.items())


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.integers(0, 31))
def test_narrowed_columns_hold_the_same_numbers(values: list[int], shift: int) -> None:
    column = np.array(values, dtype=np.int32) >> shift
    found = narrow({"overall": column, "disagreement": column.astype(np.float32)})
    assert found["overall"].tolist() == column.tolist()
    assert found["overall"].nbytes <= column.nbytes
    assert found["disagreement"].dtype == np.float32


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 9)), max_size=60))
def test_parts_hold_one_category_each_and_together_every_cell(rows: list[tuple[int, int, int]]) -> None:
    cube = CUBES["terms"]
    columns = dict(
        zip(("category", "label", "term"), np.array(rows, dtype=np.int64).reshape(-1, 3).T, strict=True)
    )
    ones = np.ones(len(rows), dtype=np.int64)
    cells = summed(cube, columns | {"language": ones, "reviews": ones})
    divided = dict(parts(cube, cells))
    assert list(divided) == sorted(set(columns["category"].tolist()))
    assert all((part["category"] == category).all() for category, part in divided.items())
    together = joined(cube, list(divided.values()))
    assert all(together[name].tolist() == cells[name].tolist() for name in cube.columns)


def test_cells_that_are_not_kept_apart_are_one_part() -> None:
    cells = summed(CUBES["words"], {name: np.array([1, 2]) for name in CUBES["words"].columns})
    assert list(parts(CUBES["words"], cells)) == [(0, cells)]
