"""The list of tasks, one task, and a request with its tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import AuditEntry, PausedQueue, RequestTrace, TaskRun
from analytics.web.monitoring.subjects import subject_link
from recommender.models import Item, Media
from tests.analytics.services.monitoring.tasks import add_run, moment
from tests.conftest import Cast


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def listed(client: Client, **query: str) -> set[str]:
    runs = client.get(reverse("monitoring_tasks"), query).context["runs"]
    return {run.task_id for run in runs}


# -- the list -----------------------------------------------------------------------------------------------


def test_the_list_can_be_narrowed_by_everything_in_it(operator: Client) -> None:
    add_run(task_id="a", name="shop.sweep", queue="default", worker="default@here", exception="ValueError")
    add_run(task_id="b", name="shop.purge", queue="imports", state="done", exception="", arguments="('bag',)")
    assert listed(operator) == {"a", "b"}
    for query in (
        {"state": "failed"}, {"name": "shop.sweep"}, {"queue": "default"}, {"worker": "default@here"},
        {"exception": "ValueError"}, {"q": "SWEEP"}, {"state": "failed", "q": "a"},
    ):  # fmt: skip
        assert listed(operator, **query) == {"a"}, query
    assert listed(operator, q="bag") == {"b"}
    assert listed(operator, state="sung") == {"a", "b"}
    assert listed(operator, q="nothing like it") == set()


def test_a_thousand_rows_come_in_pages_with_few_statements(
    operator: Client, django_assert_max_num_queries: Any
) -> None:
    TaskRun.objects.bulk_create(
        TaskRun(task_id=str(n), name="shop.sweep", state="done", sent_at=moment(n)) for n in range(1_000)
    )
    with django_assert_max_num_queries(20):
        page = operator.get(reverse("monitoring_tasks"), {"page": "2"})
    assert [run.task_id for run in page.context["runs"]][:2] == ["949", "948"]


def test_failures_are_summed_by_task_and_error(operator: Client) -> None:
    for exception in ("ValueError", "OSError", "OSError"):
        add_run(name="shop.sweep", exception=exception)
    add_run(name="shop.sweep", exception="OSError", again="settled")
    context = operator.get(reverse("monitoring_tasks")).context
    assert [(one["exception"], one["count"]) for one in context["reasons"]] == [
        ("OSError", 2),
        ("ValueError", 1),
    ]
    assert context["failed"] == 3


def test_the_live_part_comes_alone_and_asks_again(operator: Client) -> None:
    page = text(operator.get(reverse("monitoring_tasks"), headers={"HX-Request": "true"}))
    assert "<html" not in page
    assert 'hx-trigger="load delay:' in page


# -- one task -----------------------------------------------------------------------------------------------


def test_a_failed_task_says_everything(operator: Client) -> None:
    item = Item.objects.create(external_id="bag", title="Bag")
    medium = Media.objects.create(item=item, kind="image", state=Media.State.FAILED)
    RequestTrace.objects.create(
        request_id="request-1", method="POST", path="/manage/upload/", status=302, seconds=0.1, at=moment(0)
    )
    run = add_run(
        worker="default@here", subject=f"media {medium.pk}", request_id="request-1", retries=2, runtime=0.25,
        arguments="(<script>,)", started_at=moment(1), finished_at=moment(2),
    )  # fmt: skip
    child = add_run(parent_id=run.task_id, name="shop.child")
    page = text(operator.get(reverse("monitoring_task", args=[run.task_id])))
    for told in (
        "Traceback: broken", "ValueError", "default@here", "0.250 s", "&lt;script&gt;",
        "POST /manage/upload/",
        reverse("monitoring_trace", args=["request-1"]), reverse("item", args=[item.pk]),
        f"media {medium.pk}",
        reverse("monitoring_task", args=[child.task_id]),
        reverse("monitoring_task_again", args=[run.task_id]),
    ):  # fmt: skip
        assert told in page, told


def test_a_task_that_cannot_be_tried_again_says_why(operator: Client) -> None:
    run = add_run(call=None)
    page = text(operator.get(reverse("monitoring_task", args=[run.task_id])))
    assert "Its input is too long or holds a secret" in page
    assert reverse("monitoring_task_again", args=[run.task_id]) not in page


def test_a_running_task_says_why_it_cannot_be_ended(operator: Client) -> None:
    run = add_run(state="started")
    page = text(operator.get(reverse("monitoring_task", args=[run.task_id])))
    assert "its worker cannot end a task without ending itself" in page


def test_a_task_that_is_unknown_is_not_found(operator: Client) -> None:
    assert operator.get(reverse("monitoring_task", args=["nothing"])).status_code == 404
    assert operator.get(reverse("monitoring_trace", args=["nothing"])).status_code == 404


# -- a request ----------------------------------------------------------------------------------------------


def test_a_request_is_drawn_with_its_tasks_in_order(operator: Client) -> None:
    RequestTrace.objects.create(
        request_id="request-1", method="POST", path="/manage/upload/", status=302, seconds=2.0, at=moment(0)
    )
    add_run(
        task_id="late",
        request_id="request-1",
        sent_at=moment(2),
        started_at=moment(6),
        finished_at=moment(10),
    )
    add_run(
        task_id="soon", request_id="request-1", sent_at=moment(1), started_at=moment(1), finished_at=moment(2)
    )
    context = operator.get(reverse("monitoring_trace", args=["request-1"])).context
    asked, soon, late = context["lines"]
    assert (asked["bars"][0]["x"], asked["bars"][0]["width"]) == (0, 200)
    assert soon["run"].task_id == "soon"
    assert [(bar["kind"], bar["x"], bar["width"]) for bar in late["bars"]] == [
        ("wait", 200, 400), ("run", 600, 400),
    ]  # fmt: skip


def test_tasks_of_a_request_that_was_not_kept_are_drawn_all_the_same(operator: Client) -> None:
    add_run(request_id="request-1", finished_at=moment(0) + timedelta(seconds=1))
    assert "Of the request itself nothing was kept" in text(
        operator.get(reverse("monitoring_trace", args=["request-1"]))
    )


def test_of_a_request_that_is_unknown_it_is_said_which_are_kept(operator: Client) -> None:
    answer = operator.get(reverse("monitoring_trace", args=["nothing"]))
    assert answer.status_code == 404
    assert "requests that sent tasks, failed, or took more than a second" in text(answer)
    assert "some seconds to arrive" in text(answer)


def test_an_id_typed_on_the_page_of_tasks_leads_to_its_request(operator: Client) -> None:
    find = reverse("monitoring_trace_find")
    assert f'action="{find}"' in text(operator.get(reverse("monitoring_tasks")))
    answer = operator.get(find, {"id": " request-1 "})
    assert answer.headers["Location"] == reverse("monitoring_trace", args=["request-1"])


@pytest.mark.parametrize(("typed", "status"), [("", 302), ("a/b", 404), ("?x#y", 302), ("..", 302)])
def test_whatever_is_typed_for_an_id_is_answered(operator: Client, typed: str, status: int) -> None:
    assert operator.get(reverse("monitoring_trace_find"), {"id": typed}).status_code == status


# -- buttons ------------------------------------------------------------------------------------------------


def test_a_button_first_asks_with_numbers_and_changes_nothing(operator: Client) -> None:
    add_run(name="shop.sweep")
    add_run(name="shop.sweep", call=None)
    page = text(operator.get(reverse("monitoring_tasks_again"), headers={"HX-Request": "true"}))
    assert "<dialog" in page
    assert "Try 1 failed task again?" in page
    assert "1 × shop.sweep" in page
    assert "1 cannot be" in page
    assert not TaskRun.objects.exclude(again="").exists()


@pytest.mark.parametrize("name", ["monitoring_queue_pause", "monitoring_task_revoke"])
def test_a_dialog_opens_with_the_keyboard_on_leaving_all_as_it_is(operator: Client, name: str) -> None:
    run = add_run(state="sent")
    of = "default" if "queue" in name else run.task_id
    page = text(operator.get(reverse(name, args=[of]), headers={"HX-Request": "true"}))
    assert page.count("autofocus") == 1
    assert "autofocus>Leave it as it is</a>" in page


def test_without_the_script_the_question_is_a_page(operator: Client) -> None:
    page = text(operator.get(reverse("monitoring_queue_pause", args=["query"])))
    assert "<html" in page
    assert "search answers by words only" in page


def test_a_failed_task_is_tried_again_and_the_page_leads_to_the_new_one(
    operator: Client, django_capture_on_commit_callbacks: Any
) -> None:
    run = add_run()
    answer = operator.post(reverse("monitoring_task_again", args=[run.task_id]), follow=True)
    run.refresh_from_db()
    assert run.again
    assert reverse("monitoring_task", args=[run.again]) in text(answer)
    assert AuditEntry.objects.get().action == "task.again"


def test_only_what_the_filter_leaves_is_tried_again(operator: Client) -> None:
    chosen = add_run(exception="OSError")
    other = add_run(exception="ValueError")
    answer = operator.post(reverse("monitoring_tasks_again") + "?exception=OSError", follow=True)
    assert "1 task was sent again." in text(answer)
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (bool(chosen.again), other.again) == (True, "")
    assert AuditEntry.objects.get().subject == "exception OSError"


def test_the_notice_warns_where_some_could_not_be_sent(operator: Client) -> None:
    add_run()
    add_run(call=None)
    answer = operator.post(reverse("monitoring_tasks_again"), follow=True)
    assert 'class="notice notice-warning">1 task was sent again. 1 cannot be' in text(answer)


def test_a_queue_is_paused_and_resumed(operator: Client) -> None:
    answer = operator.post(reverse("monitoring_queue_pause", args=["default"]), follow=True)
    assert "default is paused." in text(answer)
    assert "paused</span>" in text(answer)
    assert PausedQueue.objects.get().name == "default"
    operator.post(reverse("monitoring_queue_resume", args=["default"]))
    assert not PausedQueue.objects.exists()


def test_a_queue_that_does_not_exist_is_not_found(operator: Client) -> None:
    assert operator.post(reverse("monitoring_queue_pause", args=["holidays"])).status_code == 404


def test_a_waiting_task_is_called_off(operator: Client, redis_server: Any) -> None:
    run = add_run(state="sent")
    redis_server.rpush("default", f'{{"headers": {{"id": "{run.task_id}"}}}}')
    answer = operator.post(reverse("monitoring_task_revoke", args=[run.task_id]), follow=True)
    assert "It was taken out of the queue." in text(answer)
    assert "called off" in text(answer)


@pytest.mark.parametrize("name", ["monitoring_task_again", "monitoring_task_revoke"])
@pytest.mark.parametrize("role", ["member", "analyst", "catalogue_admin"])
def test_others_may_press_no_button(name: str, role: str, cast: Cast) -> None:
    run = add_run()
    client = Client()
    client.force_login(getattr(cast, role))
    assert client.post(reverse(name, args=[run.task_id])).status_code == 403
    assert client.post(reverse("monitoring_tasks_again")).status_code == 403
    assert client.post(reverse("monitoring_queue_pause", args=["default"])).status_code == 403
    assert not AuditEntry.objects.exists()


def test_what_a_task_was_at_is_linked_to_where_the_reader_may_go(cast: Cast) -> None:
    item = Item.objects.create(external_id="bag", title="Bag")
    medium = Media.objects.create(item=item, kind="image", state=Media.State.FAILED)
    assert subject_link(f"media {medium.pk}", cast.operator) == reverse("item", args=[item.pk])
    assert subject_link(f"media {medium.pk}", cast.superuser) == reverse("failed_media")
    assert subject_link(f"item {item.pk}", cast.superuser) == reverse("manage_item", args=[item.pk])
    for gone in ("media 999", "item 999", "score 999", "import 999", "cat 1", "", "media x"):
        assert subject_link(gone, cast.operator) == "", gone
