"""An operator finds out why a task failed, mends it, and tries it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from analytics.models import AlertRule, AuditEntry, Incident, PausedQueue, TaskRun
from analytics.services.monitoring.event_stream import OUTBOX, flush_events
from analytics.services.monitoring.task_rows import move_events
from mmsite.celery import app
from tests.analytics.services.monitoring.tasks import add_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

_fault = {"is there": True}
#: What a list does by itself every few seconds.
READ_ANEW = """() => {
  const list = document.querySelector("[hx-get][data-quiet]");
  const target = list.getAttribute("hx-target");
  return window.htmx.ajax("GET", list.getAttribute("hx-get"), { target, swap: "innerHTML" });
}"""


@app.task(name="test.mend")
def mend(number: int) -> str:
    if _fault["is there"]:
        raise RuntimeError(f"shelf {number} is missing")
    return "mended"


def watch() -> None:
    """What the watch process does every two seconds."""
    flush_events()
    move_events()


@pytest.fixture
def failed(live_site: str) -> Iterator[TaskRun]:
    """A task that failed a moment ago, as a worker would have it fail."""
    OUTBOX.forget()
    _fault["is there"] = True
    app.conf.task_eager_propagates = False
    mend.delay(7)
    watch()
    yield TaskRun.objects.get()
    app.conf.task_eager_propagates = True


def test_a_failed_task_is_understood_tried_again_and_seen_done(
    live_site: str, page: Page, cast: Cast, log_in: Callable[..., None], failed: TaskRun
) -> None:
    from playwright.sync_api import expect

    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/tasks/")
    page.get_by_role("table", name="Tasks, the newest first").get_by_role("link", name="test.mend").click()
    expect(page.get_by_role("region", name="Traceback")).to_contain_text("shelf 7 is missing")
    expect(page.get_by_text("(7,)")).to_be_visible()

    page.get_by_role("link", name="Try again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Try test.mend again?")
    dialog.get_by_role("link", name="Leave it as it is").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="Try again")).to_be_focused()
    assert not AuditEntry.objects.exists()

    _fault["is there"] = False
    page.get_by_role("link", name="Try again").press("Enter")
    dialog.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(re.compile("test.mend was sent again as"))).to_be_visible()
    watch()
    again = page.get_by_role("status").filter(has_text="It was tried again:")
    expect(again).to_contain_text("done")
    again.get_by_role("link").click()
    expect(page.get_by_text("'mended'")).to_be_visible()
    assert AuditEntry.objects.get().actor == cast.operator


def test_a_queue_is_paused_and_resumed_by_keyboard_and_the_page_says_so(
    live_site: str, page: Page, cast: Cast, log_in: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/tasks/")
    page.get_by_role("link", name="Pause query").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("search answers by words only")
    dialog.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_text("query is paused.")).to_be_visible()
    assert PausedQueue.objects.get().name == "query"
    page.get_by_role("link", name="Resume query").click()
    dialog.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("query is served again.")).to_be_visible()
    assert not PausedQueue.objects.exists()


def test_the_pages_of_tasks_fit_a_phone(
    live_site: str, phone: Page, cast: Cast, log_in: Callable[..., None], no_overflow: Callable[[Any], None]
) -> None:
    run = add_run(request_id="request-1", worker="default@a-machine-with-a-long-name", traceback="x" * 500)
    log_in(phone, cast.operator)
    for place in ("tasks/", f"tasks/{run.task_id}/", "tasks/again/", "trace/request-1/"):
        phone.goto(f"{live_site}/analytics/monitoring/{place}")
        no_overflow(phone)


@pytest.mark.parametrize("place", ["tasks", "alerts"])
def test_the_keyboard_stays_where_it_is_while_a_list_is_read_anew(
    live_site: str, page: Page, cast: Cast, log_in: Callable[..., None], place: str
) -> None:
    from playwright.sync_api import expect

    add_run()
    rule = AlertRule.objects.create(name="Feed fails", measure="web.errors", threshold=0.05)
    Incident.objects.create(rule=rule, severity="critical", since=timezone.now())
    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/{place}/")
    parts = page.locator("#tasks a, #alerts-live a")
    for number in range(parts.count()):
        parts.nth(number).evaluate("(part) => { part.focus(); part.dataset.old = '1'; }")
        page.evaluate(READ_ANEW)
        expect(parts.nth(number)).not_to_have_attribute("data-old", "1")
        expect(parts.nth(number)).to_be_focused()
    assert parts.count() > 1
