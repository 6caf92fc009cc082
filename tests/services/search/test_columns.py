"""The catalogue in memory says what the database says, and hears of every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommender.models import Category, Item, Media
from recommender.services.search import Filters, forget
from recommender.services.search import columns as module
from recommender.services.search.columns import catalogue
from recommender.services.search.filters import matching
from tests.services.search.asking import Items

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(items: Items) -> Items:
    """Prices in euro and yen, some without currency, one without a price; a film, sounds, one withdrawn."""
    rows = list(items.values())
    for number, item in enumerate(rows):
        item.currency = ("EUR", "JPY", "")[number % 3]
        item.price = None if number == 5 else Decimal(f"{10 + number}.99")
        item.save()
    for item, kind in ((rows[0], "video"), (rows[1], "audio"), (rows[2], "audio")):
        Media.objects.create(item=item, kind=kind, state="ready", checksum=f"{item.pk:064}")
    Media.objects.create(item=rows[3], kind="video", state="failed", checksum="f" * 64)
    Item.objects.filter(pk=rows[4].pk).update(availability="retired")
    forget()
    return items


def found(filters: Filters) -> list[int]:
    columns = catalogue()
    return columns.ids[columns.matching(filters)].tolist()


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"language": "en"}, {"language": "zh"}, {"language": "xx"}, {"currency": "JPY"}, {"currency": ""},
        {"currency": "XXX"}, {"has_video": True}, {"has_audio": True, "language": "en"},
        {"price_min": Decimal("20.99")}, {"price_max": Decimal("20.99"), "currency": "EUR"},
        {"price_min": Decimal("12.985"), "price_max": Decimal("40.994"), "currency": "JPY"},
        {"category": 10**9},
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["", "Things", "lamp"])
def test_what_matches_is_what_the_database_says(mixed: Items, asked: dict[str, Any], name: str) -> None:
    more = {"category": Category.objects.get(name=name).pk} if name else {}
    filters = Filters(**more | asked)
    assert found(filters) == sorted(matching(filters).values_list("pk", flat=True))


def retire(item: Item) -> None:
    item.availability = "retired"
    item.save()


def bring_back(item: Item) -> None:
    catalogue()
    retire(item)
    catalogue()
    item.availability = "available"
    item.save()


def reprice(item: Item) -> None:
    item.price, item.currency = Decimal("0.01"), "XTS"
    item.save()


def delete(item: Item) -> None:
    item.delete()


def add(item: Item) -> None:
    Item.objects.create(external_id="new", title="New", price=5, currency="XTS")


@pytest.mark.parametrize("change", [retire, bring_back, reprice, delete, add])
@pytest.mark.parametrize("most", [0, 10_000])
def test_a_change_counts_at_once(
    mixed: Items, change: Callable[[Item], None], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_CHANGES", most)
    item = mixed["red metal chair"]
    for filters in (Filters(), Filters(currency="XTS")):
        found(filters)
    change(item)
    for filters in (Filters(), Filters(currency="XTS"), Filters(category=item.category_id)):
        assert found(filters) == sorted(matching(filters).values_list("pk", flat=True))


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"language": "zh"}, {"language": "xx"}, {"currency": "JPY"}, {"has_video": True},
        {"has_audio": True}, {"price_min": Decimal("20.99"), "currency": "EUR"},
    ],
)  # fmt: skip
def test_counts_are_those_of_a_look_at_every_item(mixed: Items, asked: dict[str, Any]) -> None:
    lamp = mixed["red metal lamp"]
    Item.objects.filter(pk=lamp.pk).update(language="zh", title_zh="\u706f")
    Item.objects.filter(pk=mixed["red metal chair"].pk).update(language="", category=None)
    forget()
    filters, columns = Filters(**asked), catalogue()
    rows = list(matching(filters))
    chosen = columns.matching(filters)
    priced = [one for one in rows if one.price is not None]
    assert bool(rows) == (asked != {"language": "xx"})
    assert columns.categories(chosen) == Counter(one.category_id for one in rows if one.category_id)
    chinese = Counter({"zh": sum(one.language == "zh" or one.title_zh != "" for one in rows)})
    others = Counter(one.language for one in rows if one.language not in {"", "zh"})
    assert dict(columns.languages(chosen)) == dict(+(others + chinese))
    assert dict(columns.currencies(chosen)) == dict(Counter(one.currency for one in priced))
    for code in ("EUR", "JPY", "", "XXX"):
        amounts = Counter(int(100 * one.price) for one in priced if one.currency == code)
        assert dict(columns.prices(chosen, code)) == dict(amounts)
    for kind in ("video", "audio"):
        playable = [one for one in rows if one.media.filter(kind=kind, state="ready").exists()]
        assert columns.ids[chosen & columns.with_medium(kind)].tolist() == sorted(one.pk for one in playable)


def test_what_has_not_changed_is_not_read_again(mixed: Items) -> None:
    catalogue()
    mixed["red metal chair"].save()
    catalogue()
    with CaptureQueriesContext(connection) as seen:
        catalogue()
    assert len(seen) == 2
    assert not any("title_zh" in one["sql"] for one in seen)


# -- how much is read ---------------------------------------------------------------------------------------


@contextmanager
def reads() -> Iterator[list[str]]:
    """The queries that read items themselves: ``all`` for a portion of everything, ``some`` for changes."""
    told: list[str] = []
    with CaptureQueriesContext(connection) as seen:
        yield told
    told += ["some" if " IN (" in one["sql"] else "all" for one in seen if module._SELECT in one["sql"]]


def agrees() -> bool:
    filters = Filters(currency="XTS")
    return found(filters) == sorted(matching(filters).values_list("pk", flat=True))


def test_what_was_read_with_everything_is_not_read_again_as_changed(mixed: Items) -> None:
    catalogue()
    with reads() as told:
        catalogue()
    assert told == []


def test_many_changes_that_were_dealt_with_do_not_make_one_more_read_everything(
    mixed: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_CHANGES", 5)
    catalogue()  # all 48 changed in the last seconds
    reprice(mixed["red metal chair"])
    with reads() as told:
        assert agrees()
    assert told == ["some"]


def test_everything_and_changes_are_read_in_portions(mixed: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PORTION", 10)
    with reads() as told:
        assert found(Filters()) == sorted(Item.objects.available().values_list("pk", flat=True))
    assert told == ["all"] * 6  # 48 items, and one that finds no more
    for item in list(mixed.values())[:25]:
        item.currency = "XTS"
        item.save()
    with reads() as told:
        assert agrees()
    assert told == ["some"] * 3


def test_what_is_committed_between_the_two_looks_does_not_make_it_read_everything(
    mixed: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue()
    real, came = module._changed_after, iter([True])

    def and_then_one_comes(*asked: Any) -> dict[int, str]:
        rows = real(*asked)
        if next(came, False):
            add(mixed["red metal chair"])
        return rows

    monkeypatch.setattr(module, "_changed_after", and_then_one_comes)
    with reads() as told:
        assert agrees()
    assert told == ["some"]


@pytest.mark.parametrize(("took", "since"), [(8, 0), (55, 10)])
def test_a_change_that_was_long_in_its_commit_is_seen(mixed: Items, took: int, since: int) -> None:
    """After ten seconds where it took more than ten; ``since`` stands for them."""
    catalogue()
    assert module._kept is not None
    module._kept.looked_for_slow -= timedelta(seconds=since)
    item, began = mixed["red metal chair"], timezone.now() - timedelta(seconds=took)
    Item.objects.filter(pk=item.pk).update(currency="XTS", price=1, updated_at=began)
    assert agrees()
    assert found(Filters(currency="XTS")) == [item.pk]


# -- reading anew -------------------------------------------------------------------------------------------


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What is to be done aside, which nobody does before the test."""
    calls: list[Callable[[], Any]] = []
    monkeypatch.setattr(module, "later", lambda call, *args: calls.append(partial(call, *args)))
    return calls


def test_when_its_time_is_over_one_reads_anew_aside_while_all_are_answered(
    mixed: Items, aside: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue()
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    reprice(mixed["red metal chair"])
    with reads() as told:
        assert agrees()
        assert agrees()
    assert told == ["some"]
    monkeypatch.setattr(module, "_SECONDS", 600.0)
    before = catalogue()
    (renew,) = aside
    with reads() as told:
        renew()
    assert told == ["all"] * 2
    assert catalogue() is not before
    assert agrees()


def test_nobody_waits_for_what_is_read_anew(mixed: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    real, locked = module._everything, []

    def watched() -> Iterator[Any]:
        locked.append(module._lock.locked())
        return real()

    monkeypatch.setattr(module, "_everything", watched)
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    catalogue()
    assert locked == [False]


def test_what_was_deleted_is_gone_once_everything_was_read_aside(
    mixed: Items, aside: list[Callable[[], Any]]
) -> None:
    before = len(found(Filters()))
    delete(mixed["red metal chair"])
    assert len(found(Filters())) == before
    for call in aside:
        call()
    assert len(aside) == 1
    assert len(found(Filters())) == before - 1


def test_a_read_that_fails_is_tried_again(
    mixed: Items, aside: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue()
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    catalogue()
    with monkeypatch.context() as broken:
        broken.setattr(module, "_everything", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            aside.pop()()
    catalogue()
    assert len(aside) == 1


def test_while_too_many_changes_are_read_aside_nobody_looks_at_them_again(
    mixed: Items, aside: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue()
    monkeypatch.setattr(module, "_MOST_CHANGES", 0)
    reprice(mixed["red metal chair"])
    catalogue()
    with CaptureQueriesContext(connection) as seen:
        catalogue()
    assert len(seen) == 0
    (renew,) = aside
    renew()
    assert agrees()
