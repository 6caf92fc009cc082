"""Every figure of the report against the slow obvious way, on made-up reviews."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import SentimentScore
from analytics.services import report
from analytics.services.report import Filters, kept, scorers
from analytics.services.report.compare import drivers
from analytics.services.report.rollups import rebuild_rollups
from tests.analytics.services.scored import (
    LAST_90,
    ScoredReview,
    counting,
    label_of,
    net_of,
    scored,
    scored_together,
    shop,
)

pytestmark = pytest.mark.django_db
ASPECTS = ("price", "quality", "delivery")
CHANNELS = ("text", "image", "text+image", "text+speech", "")


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


@pytest.fixture
def world() -> dict[str, Any]:
    """300 reviews of a year and more, of every kind, with their sums."""
    made, dice = shop(), random.Random(4)
    scored_together([_drawn(made, dice) for _ in range(300)])
    rebuild_rollups(say=lambda text: None)
    return made


def _drawn(made: dict[str, Any], dice: random.Random) -> ScoredReview:
    told = {
        "days_ago": dice.randrange(0, 400, 9) + dice.random(),
        "aspects": {name: dice.uniform(-1, 1) for name in dice.sample(ASPECTS, dice.randrange(3))},
        "text": dice.choice(["The handle broke.", "It was not good.", "质量不好，很差", "Lovely glaze!"]),
        "abstained": dice.random() < 0.15,
        "corrected": dice.random() < 0.2,
        "disagreement": dice.random(),
        "rating": dice.choice([None, 1, 2, 3, 4, 5]),
        "language": dice.choice(["en", "zh", ""]),
        "channels": dice.choice(CHANNELS),
    }
    label = dice.choice(["positive", "positive", "neutral", "negative", ""])
    return ScoredReview(dice.choice(made["items"]), label, told)


def selections(made: dict[str, Any]) -> list[Filters]:
    """Each filter alone, some together, over short and long periods."""
    base = [
        Filters(date(2025, 1, 1), date(2026, 3, 20)),
        Filters(date(2025, 11, 15), date(2026, 1, 31)),
        Filters(date(2026, 3, 1), date(2026, 3, 2)),
    ]
    one = [
        {}, {"item": made["items"][0].pk}, {"category": made["home"].pk}, {"category": made["mugs"].pk},
        {"category": 10**6}, {"language": "zh"}, {"language": "xx"}, {"channel": "image"}, {"rating": 4},
        {"aspect": "price"}, {"aspect": "unheard"}, {"label": "negative"}, {"abstained": True},
        {"abstained": False}, {"aspect": "quality", "label": "negative", "category": made["home"].pk},
        {"item": made["items"][1].pk, "aspect": "price", "language": "en"},
        {"label": "positive", "channel": "text", "language": "en"}, {"words": "NOT good"},
        {"words": "不好", "aspect": "price"},
        {"words": "the", "label": "negative", "category": made["home"].pk},
        {"words": "handle", "abstained": False}, {"words": "nobody says this"},
        {"category": "none"}, {"category": f"{made['home'].pk}-direct"}, {"category": "1000000-direct"},
        {"language": "none"}, {"channel": "none"}, {"rating": "none"}, {"words": "the", "language": "none"},
        {"aspect": "price", "rating": "none", "channel": "none"},
    ]  # fmt: skip
    return [filters.replace(**fields) for filters in base for fields in one]


# -- figures ------------------------------------------------------------------------------------------------


def test_the_overview_counts_what_a_look_at_every_review_counts(world: dict[str, Any]) -> None:
    for filters in selections(world):
        found = counting(filters)
        figures = report.overview(filters, previous=False)
        assert figures.reviews == len(found), filters
        assert figures.net == pytest.approx(net_of([label for _, label in found])), filters
        abstained = sum(label == "" for _, label in found)
        assert figures.abstained == pytest.approx(abstained / max(1, len(found)))
        mean = sum(score.disagreement for score, _ in found) / max(1, len(found))
        assert figures.disagreement == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", ""])
def test_the_trend_holds_every_review_once_at_its_time(world: dict[str, Any], grain: str) -> None:
    for filters in selections(world):
        points = report.trend(filters, grain)
        found = counting(filters)
        assert sum(point.reviews for point in points) == len(found)
        for point, after in zip(points, [*points[1:], None], strict=True):
            inside = [
                label
                for score, label in found
                if score.reviewed_at >= point.start and (after is None or score.reviewed_at < after.start)
            ]
            assert point.reviews == len(inside)
            assert point.net == pytest.approx(net_of(inside))


@pytest.mark.parametrize("by", report.BYS)
def test_every_slice_is_the_overview_of_its_own_filter(world: dict[str, Any], by: report.By) -> None:
    for filters in selections(world):
        for piece in report.breakdown(filters, by):
            own = report.overview(filters.replace(**{by: piece.key}), previous=False)
            assert (piece.reviews, piece.net, piece.low) == (own.reviews, own.net, own.low), (filters, piece)


def test_slices_by_rating_are_those_of_a_look_at_every_review(world: dict[str, Any]) -> None:
    found = counting(LAST_90)
    expected = {
        key: sum((score.rating or "none") == key for score, _ in found) for key in (1, 2, 3, 4, 5, "none")
    }
    slices = {piece.key: piece.reviews for piece in report.breakdown(LAST_90, "rating")}
    assert slices == {str(key): count for key, count in expected.items() if count}


def test_categories_are_the_children_of_the_one_selected(world: dict[str, Any]) -> None:
    top = {piece.label for piece in report.breakdown(LAST_90, "category")}
    inside = {
        piece.label for piece in report.breakdown(LAST_90.replace(category=world["home"].pk), "category")
    }
    leaf = [piece.label for piece in report.breakdown(LAST_90.replace(category=world["mugs"].pk), "category")]
    assert (top, inside, leaf) == ({"Home", "Music", "no category"}, {"Mugs", "Lamps"}, ["Mugs"])


@pytest.mark.parametrize("category", [None, "home", "mugs"])
def test_slices_by_category_add_up_to_the_selection(world: dict[str, Any], category: str | None) -> None:
    for _ in range(3):
        scored(world["items"][0], category=world["home"])
    rebuild_rollups(say=lambda text: None)
    filters = LAST_90.replace(category=world[category].pk if category else None)
    slices = report.breakdown(filters, "category")
    assert sum(one.reviews for one in slices) == report.overview(filters, previous=False).reviews
    directly = {one.label: one.reviews for one in slices if one.key == f"{world['home'].pk}-direct"}
    assert directly == ({"directly in Home": 3} if category == "home" else {})


def test_the_impact_of_an_aspect_is_what_the_net_would_lose_without_it(world: dict[str, Any]) -> None:
    for one in report.impact(LAST_90):
        found = counting(LAST_90)
        rest = [label for score, label in found if label_of(score, one.aspect) is None]
        whole = net_of([label for _, label in found])
        assert whole is not None
        assert one.impact == pytest.approx(whole - (net_of(rest) or 0.0))


def test_a_period_without_reviews_has_no_net_and_no_previous(world: dict[str, Any]) -> None:
    figures = report.overview(Filters(date(2020, 1, 1), date(2020, 1, 31)))
    assert (figures.reviews, figures.net, figures.low, figures.previous) == (0, None, None, None)


def test_the_period_before_is_as_long_and_ends_the_day_before(world: dict[str, Any]) -> None:
    before = LAST_90.previous()
    assert (before.length, before.end) == (90, LAST_90.start - timedelta(days=1))
    assert report.overview(LAST_90).previous == report.overview(before, previous=False)


# -- evidence -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["newest", "oldest", "negative", "nonsense"])
def test_the_pages_of_evidence_hold_every_counted_review_once(world: dict[str, Any], order: str) -> None:
    for filters in selections(world)[:17]:
        pages = [report.reviews_page(filters, page, 40, order) for page in range(1, 11)]
        listed = [score.pk for page in pages for score in page]
        assert listed == [score.pk for score in report.reviews(filters, order)]
        assert sorted(listed) == sorted(score.pk for score, _ in counting(filters))


def test_the_reviews_behind_a_term_are_those_that_have_it(world: dict[str, Any]) -> None:
    found = report.reviews_page(LAST_90, size=300, term="not good")
    expected = [score.pk for score, _ in counting(LAST_90) if score.review.text == "It was not good."]
    assert sorted(score.pk for score in found) == sorted(expected)


def test_the_reviews_with_words_are_those_in_which_they_stand(world: dict[str, Any]) -> None:
    for order in ("newest", "negative"):
        pages = [
            report.reviews_page(LAST_90.replace(words="not Goo"), page, 40, order) for page in range(1, 11)
        ]
        expected = report.reviews(LAST_90, order).filter(review__text__icontains="not goo")
        assert [score.pk for page in pages for score in page] == [score.pk for score in expected]
        assert expected


def test_a_review_that_waits_to_be_read_again_does_not_hide_the_model(world: dict[str, Any]) -> None:
    key = report.model_in_service()
    newest = SentimentScore.objects.ready().order_by("-pk").first()
    SentimentScore.objects.filter(pk=newest.pk).update(model="")
    assert report.model_in_service() == key != ""


def test_a_queue_longer_than_what_is_looked_at_first_does_not_hide_the_model(world: dict[str, Any]) -> None:
    key = report.model_in_service()
    newest = SentimentScore.objects.order_by("-pk").values_list("pk", flat=True)[: scorers._NEWEST + 1]
    SentimentScore.objects.filter(pk__in=list(newest)).update(state="claimed")
    assert report.model_in_service() == key != ""


def test_the_model_is_found_without_a_look_at_all_scores(
    world: dict[str, Any], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1) as asked:
        report.model_in_service()
    assert f"LIMIT {scorers._NEWEST}" in asked.captured_queries[0]["sql"]


def test_terms_counted_once_are_the_terms_counted_twice(world: dict[str, Any]) -> None:
    for filters in (LAST_90, LAST_90.replace(rating=2), LAST_90.replace(language="en")):
        both = report.terms_both_ways(filters)
        assert both == (report.emerging(filters), report.telling_terms(filters))


# -- comparison ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["item", "category", "language"])
def test_the_drivers_of_a_dimension_sum_to_the_difference(world: dict[str, Any], by: report.By) -> None:
    before = LAST_90.previous()
    found = report.compare(before, LAST_90)
    assert sum(driver.change for driver in drivers(before, LAST_90, by)) == pytest.approx(found.difference)


Counted = list[tuple[SentimentScore, str]]


def parts_of(before: Counted, after: Counted, by: str) -> dict[str, tuple[float, float, int, int]]:
    """Mix, rate and reviews of each side by group, by looking at every review."""
    sides: list[dict[str, list[str]]] = [{}, {}]
    for side, counted in zip(sides, (before, after), strict=True):
        for score, label in counted:
            value = score.language if by == "language" else getattr(score, f"{by}_id")
            if label:
                side.setdefault(str(value or "none"), []).append(label)
    whole = [[label for labels in side.values() for label in labels] for side in sides]
    if not all(whole):
        return {}
    middle = sum(net_of(labels) or 0.0 for labels in whole) / 2
    found = {}
    for key in sides[0].keys() | sides[1].keys():
        one, two = sides[0].get(key, []), sides[1].get(key, [])
        nets = [net_of(one if one else two) or 0.0, net_of(two if two else one) or 0.0]
        shares = [len(one) / len(whole[0]), len(two) / len(whole[1])]
        mix = (shares[1] - shares[0]) * (sum(nets) / 2 - middle)
        found[key] = mix, (nets[1] - nets[0]) * sum(shares) / 2, len(one), len(two)
    return found


def test_every_driver_is_what_a_look_at_every_review_makes_of_its_group(world: dict[str, Any]) -> None:
    some = [(one, counting(one)) for one in selections(world) if not one.aspect]
    for (a, before), (b, after) in itertools.pairwise(some):
        for by in ("item", "category", "language"):
            slow = parts_of(before, after, by)
            quick = {one.key: (one.mix, one.rate, one.before, one.after) for one in drivers(a, b, by)}
            assert quick.keys() == slow.keys(), (a, b, by)
            for key, values in quick.items():
                assert values == pytest.approx(slow[key]), (a, b, by, key)


def test_the_strongest_drivers_are_the_first_of_all_of_them(world: dict[str, Any]) -> None:
    before = LAST_90.previous()
    every = report.compare(before, LAST_90, most=1000).drivers
    changes = [abs(one.change) for one in every]
    assert len(every) > 10
    assert changes == sorted(changes, reverse=True)
    for most in range(len(every)):
        assert report.compare(before, LAST_90, most=most).drivers == every[:most]


def test_what_both_sides_are_fixed_to_drives_nothing(world: dict[str, Any]) -> None:
    for by, key in (("language", "none"), ("category", "none"), ("category", world["mugs"].pk)):
        now = LAST_90.replace(**{by: key})
        found = report.compare(now.previous(), now)
        assert found.drivers
        assert by not in {one.by for one in found.drivers}


def test_a_category_with_others_below_is_driven_by_those(world: dict[str, Any]) -> None:
    now = LAST_90.replace(category=world["home"].pk)
    assert "category" in {one.by for one in report.compare(now.previous(), now).drivers}


def test_an_item_is_not_driven_by_its_own_category(world: dict[str, Any]) -> None:
    now = LAST_90.replace(item=world["items"][0].pk)
    assert not {"item", "category"} & {one.by for one in report.compare(now.previous(), now).drivers}


def test_drivers_of_one_strength_come_in_the_order_of_their_keys() -> None:
    made = shop()
    for item in made["items"]:
        for days_ago in (10, 100):
            scored(item, days_ago=days_ago)
    rebuild_rollups(say=lambda text: None)
    named = [one.key for one in drivers(LAST_90.previous(), LAST_90, "item")]
    assert named == sorted(str(item.pk) for item in made["items"])
    few = report.compare(LAST_90.previous(), LAST_90, most=2).drivers
    assert few == report.compare(LAST_90.previous(), LAST_90).drivers[:2]


def test_a_comparison_reads_each_cube_of_a_side_once(world: dict[str, Any]) -> None:
    before = LAST_90.previous()
    report.compare(before, LAST_90)
    with CaptureQueriesContext(connection) as asked:
        report.compare(before, LAST_90)
    sums = [one["sql"] for one in asked.captured_queries if "rollupsegment" in one["sql"]]
    assert len(sums) == 2 * len(["reviews", "items", "aspects"])


def test_beside_a_side_without_reviews_nothing_drove_anything() -> None:
    scored(shop()["items"][0], aspects={"price": 0.5})
    rebuild_rollups(say=lambda text: None)
    for a, b in ((LAST_90.previous(), LAST_90), (LAST_90, LAST_90.previous())):
        found = report.compare(a, b)
        assert (found.difference, found.drivers) == (None, [])


def test_a_product_that_turned_bad_is_named_as_what_drove_the_change() -> None:
    made = shop()
    for n in range(60):
        scored(made["items"][n % 3], days_ago=100 + n % 50, aspects={"price": 0.5})
        turned = n % 3 == 1
        scored(
            made["items"][n % 3],
            "negative" if turned else "positive",
            days_ago=n % 50,
            aspects={"quality": -0.9} if turned else {"price": 0.5},
        )
    rebuild_rollups(say=lambda text: None)
    found = report.compare(LAST_90.previous(), LAST_90)
    assert not found.is_noise
    assert (found.drivers[0].change, found.difference) == (pytest.approx(-2 / 3), pytest.approx(-2 / 3))
    assert {"Thing 1", "Lamps", "Quality"} <= {driver.label for driver in found.drivers}


def test_the_same_opinion_twice_is_noise(world: dict[str, Any]) -> None:
    assert report.compare(LAST_90, LAST_90).is_noise


# -- terms --------------------------------------------------------------------------------------------------


def test_a_word_that_comes_up_is_found_in_both_languages() -> None:
    item = shop()["items"][0]
    for n in range(120):
        scored(item, days_ago=91 + n % 80, text="Lovely mug, nice handle. 杯子好看")
        broken = n % 4 == 0
        text = "Lovely mug, the glaze cracked. 杯子，裂纹" if broken else "Lovely mug, nice handle. 杯子好看"
        scored(item, "negative" if broken else "positive", days_ago=n % 80, text=text)
    rebuild_rollups(say=lambda text: None)
    found = {term.term: term for term in report.emerging(LAST_90)}
    assert "裂纹" in found
    assert "cracked" in found or "glaze" in found
    assert found["裂纹"].recent == 30
    assert found["裂纹"].before == 0
    assert found["裂纹"].net == -1.0
    assert "lovely" not in found


def test_terms_under_a_filter_the_sums_do_not_know_come_from_the_reviews(world: dict[str, Any]) -> None:
    filters = Filters(date(2025, 1, 1), date(2026, 3, 20), item=world["items"][0].pk)
    lovely = [score for score, _ in counting(filters) if score.review.text == "Lovely glaze!"]
    found = {term.term: term.recent for term in report.telling_terms(filters)}
    assert len(lovely) in (found.get("lovely"), found.get("glaze"))
