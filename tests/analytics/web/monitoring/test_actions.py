"""The buttons: what they say beforehand, what they do, who may press them, and what is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import AuditEntry
from analytics.services.monitoring import buttons
from analytics.services.monitoring.actions import action_named, actions, perform
from analytics.web.monitoring.audit_words import details_of
from recommender.errors import RecommenderError
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item, Job, Media
from recommender.models.telling import kept
from recommender.said import say
from recommender.services import choosing, index
from tests.analytics.services.monitoring.planted import NOW, add_snapshot, add_vectors, make_space

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto(cast: Cast, client: Client) -> Client:
    client.force_login(cast.operator)
    return client


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Tasks that buttons send, which are not run."""
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(buttons, "call_task", lambda *task: sent.append(task))
    return sent


def url(name: str) -> str:
    return reverse("monitoring_do", args=[name])


def press(name: str, actor: User, choice: str = "") -> str:
    found = action_named(name)
    assert found is not None
    return str(perform(found, actor, choice))


def plan(name: str, now: float = NOW) -> Any:
    found = action_named(name)
    assert found is not None
    return found.what_will_happen(now)


@pytest.fixture
def failed_files() -> list[Media]:
    """Two that are cut short, one that is empty."""
    item = Item.objects.create(external_id="i", title="Bag")
    errors = ["Cut short.", "Cut short.", "Empty."]
    return [Media.objects.create(item=item, kind="image", state="failed", error=each) for each in errors]


# -- who and how ----------------------------------------------------------------------------------------


def test_every_button_can_be_asked_on_an_empty_site(otto: Client) -> None:
    for one in actions():
        assert otto.get(url(one.name)).status_code == 200


@pytest.mark.parametrize("who", ["member", "catalogue_admin", "analyst"])
def test_others_may_neither_ask_nor_press(cast: Cast, client: Client, who: str) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(url("prune")).status_code == 403
    assert client.post(url("prune")).status_code == 403
    assert not AuditEntry.objects.exists()


def test_what_will_happen_is_told_as_a_page_or_inside_a_dialog(otto: Client) -> None:
    page = otto.get(url("recheck"))
    assert b"<html" in page.content
    part = otto.get(url("recheck"), headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"Nothing is changed" in part.content


def test_a_press_does_it_notes_it_says_so_and_goes_back(otto: Client, cast: Cast, called: list[Any]) -> None:
    make_space()
    back = reverse("monitoring") + "?range=1h"
    answer = otto.post(url("rebuild_index"), {"next": back}, follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert b"The index is being rebuilt." in answer.content
    assert called == [("rebuild_index", True)]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (cast.operator, "site.rebuild_index")


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_elsewhere_afterwards(otto: Client, called: list[Any], address: str) -> None:
    assert otto.post(url("recheck"), {"next": address}).headers["Location"] == reverse("monitoring")


def test_an_unknown_button_is_not_found(otto: Client) -> None:
    assert otto.get(url("explode")).status_code == 404
    assert otto.post(url("explode")).status_code == 404


def test_what_is_not_possible_is_told_and_not_noted(otto: Client) -> None:
    assert b"Yes, do it" not in otto.get(url("roll_back_index")).content
    answer = otto.post(url("roll_back_index"), follow=True)
    assert b"There is no earlier snapshot" in answer.content
    assert not AuditEntry.objects.exists()


def test_what_will_happen_was_done_or_cannot_be_is_read_in_the_readers_language(
    otto: Client, called: list[Any], failed_files: list[Media]
) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    assert "没有文件仍在的较早快照。" in otto.get(url("roll_back_index"), headers=chinese).content.decode()
    refused = otto.post(url("roll_back_index"), follow=True, headers=chinese).content.decode()
    assert "没有文件仍在的较早快照。" in refused
    assert "<span>全部</span>" in otto.get(url("retry_media"), headers=chinese).content.decode()
    done = otto.post(url("recheck"), follow=True, headers=chinese).content.decode()
    assert "已重新检查全部" in done
    gone = otto.post(url("retry_media"), {"choice": "?"}, follow=True, headers=chinese).content.decode()
    assert "该项已不能再选。 请重新查看并另作选择。" in gone
    assert (
        "That cannot be chosen any more."
        in otto.post(
            url("retry_media"), {"choice": "?"}, follow=True, headers={"Accept-Language": "en"}
        ).content.decode()
    )


def test_the_errors_to_choose_from_are_read_in_the_readers_language(
    otto: Client, django_capture_on_commit_callbacks: Any
) -> None:
    item = Item.objects.create(external_id="i", title="Bag")
    error = kept(error=say("{name} is empty.", name="a.csv"), remedy="")
    Media.objects.create(item=item, kind="image", state="failed", **error)
    chinese = {"Accept-Language": "zh-CN"}
    form = otto.get(url("retry_media"), headers=chinese).content.decode()
    assert "<span>1 个：a.csv 是空的。</span>" in form
    assert 'value="a.csv is empty."' in form
    otto.post(url("retry_media"), {"choice": "a.csv is empty."})
    audit = otto.get(reverse("monitoring_audit"), headers=chinese).content.decode()
    assert "错误为“a.csv 是空的。”的文件" in audit
    english = otto.get(reverse("monitoring_audit"), headers={"Accept-Language": "en"}).content.decode()
    assert "files with the error “a.csv is empty.”" in english


def test_what_fails_is_not_noted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    space = make_space()
    add_vectors(space, 2)
    before = add_snapshot(space, NOW - 500, state="retired")
    add_snapshot(space, NOW - 100)

    def broken(row: Any, **same: Any) -> None:
        IndexSnapshot.objects.all().update(items=7)
        raise RuntimeError("broken")

    monkeypatch.setattr(choosing, "flip", broken)
    with pytest.raises(RuntimeError):
        press("roll_back_index", cast.operator)
    before.refresh_from_db()
    assert before.items == 2
    assert not AuditEntry.objects.exists()


# -- what they do ---------------------------------------------------------------------------------------


def test_a_rebuild_takes_up_what_the_index_lacks(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    space = make_space()
    add_vectors(space, 3)
    add_snapshot(space)
    add_vectors(space, 2)
    assert "of 5 vectors; the last time it took 1.5 s" in str(plan("rebuild_index").said)
    with django_capture_on_commit_callbacks(execute=True):
        press("rebuild_index", cast.operator)
    serving = IndexSnapshot.objects.serving(space)
    assert serving is not None
    assert serving.items == 5


def test_the_snapshot_before_serves_and_what_came_since_is_still_found(cast: Cast) -> None:
    space = make_space()
    add_vectors(space, 2)
    index.rebuild_index(force=True)
    add_vectors(space, 3)
    index.rebuild_index(force=True)
    assert "of 2 items, serves in place of" in str(plan("roll_back_index").said)
    press("roll_back_index", cast.operator)
    serving = IndexSnapshot.objects.serving(space)
    assert serving is not None
    assert (serving.items, serving.held_at is not None) == (2, True)
    live = index.live_index()
    assert live is not None
    assert len(live) == 5


def test_after_going_on_the_index_is_rebuilt_when_it_is_due(cast: Cast) -> None:
    space = make_space()
    add_vectors(space, 2)
    add_snapshot(space, NOW - 500, state="retired")
    add_snapshot(space, NOW - 100)
    press("roll_back_index", cast.operator)
    add_vectors(space, 1200)
    assert index.rebuild_index() is None
    press("go_on", cast.operator)
    made = index.rebuild_index()
    assert made is not None
    assert made.items == 1202


@pytest.mark.parametrize("force", [False, True])
def test_a_build_that_was_under_way_does_not_undo_going_back(
    force: bool, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = make_space()
    add_vectors(space, 2)
    before = add_snapshot(space, NOW - 500, state="retired")
    add_snapshot(space, NOW - 100)
    add_vectors(space, 1200)
    vectors = index.item_vectors

    def meanwhile(*wanted: Any) -> Any:
        press("roll_back_index", cast.operator)
        return vectors(*wanted)

    monkeypatch.setattr(index, "item_vectors", meanwhile)
    assert index.rebuild_index(force=force) is not None
    assert IndexSnapshot.objects.serving(space) == before


def test_a_chosen_encoder_serves_and_stays_until_somebody_says_to_go_on(cast: Cast, settings: Any) -> None:
    old = make_space(spec="python:old:make", weights_hash="o", state="retired")
    new = make_space(spec=settings.ENCODER)
    add_vectors(old, 2)
    add_vectors(new, 4)
    (choice,) = plan("switch_space").choices
    assert (choice.value, str(choice.label)) == (str(old.pk), "test: 2 vectors, 50% of those of now")
    press("switch_space", cast.operator, choice.value)
    assert choosing.serve_space(old.pk)
    assert EncoderSpace.objects.active() == old
    # The encoder of the settings goes on being filled, and knows everything.
    EncoderSpace.objects.filter(pk=new.pk).update(state="shadow")
    Item.objects.exclude(embeddings__space=new).delete()
    index.rebuild_index()
    assert EncoderSpace.objects.active() == old
    press("go_on", cast.operator)
    index.rebuild_index()
    assert EncoderSpace.objects.active() == new


def test_a_space_that_is_gone_cannot_be_chosen(cast: Cast) -> None:
    add_vectors(make_space(), 1)
    other = make_space(weights_hash="x", state="retired")
    add_vectors(other, 1)
    with pytest.raises(RecommenderError, match="cannot be chosen"):
        press("switch_space", cast.operator, "999")
    assert not AuditEntry.objects.exists()


def test_what_is_missing_or_failed_is_encoded_again_also_after_a_stop(
    cast: Cast, called: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.services import encoding_job

    monkeypatch.setattr(encoding_job, "call_task", lambda *task: called.append(task))
    space = make_space()
    add_vectors(space, 3)
    Embedding.objects.filter(pk=Embedding.objects.values("pk")[:1]).update(state="failed")
    Item.objects.create(external_id="new", title="New")
    Job.objects.create(kind="encode", state="cancelled", finished_at=timezone.now())
    assert "makes 1 vector that is missing and tries 1 again" in str(plan("embed_missing").said)
    press("embed_missing", cast.operator)
    assert called == [("encode_pending",)]
    assert not Embedding.objects.filter(state="failed").exists()
    assert not encoding_job.is_paused()


def test_failed_files_are_tried_again_by_reason_or_all(cast: Cast, failed_files: list[Media]) -> None:
    labels = [str(one.label) for one in plan("retry_media").choices]
    assert labels == ["All of them", "2 with: Cut short.", "1 with: Empty."]
    assert press("retry_media", cast.operator, "Cut short.") == "Files that are tried again: 2."
    assert sorted(Media.objects.values_list("state", flat=True)) == ["failed", "pending", "pending"]
    assert press("retry_media", cast.operator) == "Files that are tried again: 1."
    assert not Media.objects.failed().exists()


def test_a_reason_of_several_lines_comes_back_from_a_form_as_it_was(
    cast: Cast, failed_files: list[Media]
) -> None:
    Media.objects.filter(error="Empty.").update(error="Empty.\nNothing in it.")
    assert press("retry_media", cast.operator, "Empty.\r\nNothing in it.") == "Files that are tried again: 1."


def test_pruning_says_how_much_goes_and_takes_no_more(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    from pathlib import Path

    space = make_space()
    rows = [add_snapshot(space, NOW - n, state="retired") for n in range(3)]
    add_snapshot(space)
    (Path(settings.INDEX_ROOT) / rows[0].path / "vectors").write_bytes(bytes(5000))
    assert str(plan("prune").said).startswith("Removed for good: 2 rows (")
    assert "and 1 file of 5 kB" in str(plan("prune").said)
    with django_capture_on_commit_callbacks(execute=True):
        press("prune", cast.operator)
    assert IndexSnapshot.objects.count() == 2
    assert not plan("prune").possible


def test_checking_again_has_the_workers_try_their_encoder(cast: Cast, called: list[Any]) -> None:
    space = make_space()
    press("recheck", cast.operator)
    assert [task[0] for task in called] == ["encode_query", "encode_pending"]
    assert called[0][1]["space"] == space.key


# -- the list of deeds ----------------------------------------------------------------------------------


def test_deeds_are_listed_in_words_without_those_of_analysts(otto: Client, cast: Cast) -> None:
    AuditEntry.objects.create(actor=cast.analyst, action="correct", subject="review 7")
    AuditEntry.objects.create(actor=cast.operator, action="queue.pause", subject="encode")
    make_space()
    add_vectors(EncoderSpace.objects.get(), 1)
    add_snapshot(EncoderSpace.objects.get(), NOW - 50, state="retired")
    add_snapshot(EncoderSpace.objects.get())
    press("roll_back_index", cast.operator)
    page = otto.get(reverse("monitoring_audit")).content.decode()
    assert "Go back to the snapshot before" in page
    assert "The earlier snapshot serves" in page
    assert "Paused a queue" in page
    assert "review 7" not in page


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ({"removed": True}, "taken out of the queue: yes"),
        ({"reason": "", "labels": {}, "by_mail": False}, "by mail: no"),
        (
            {"measure": "web.errors", "condition": "above", "threshold": 0.05, "window": 300, "hold": 0},
            "measure: Share of failed answers · condition: above · threshold: 5 % · "
            "taken over: 5 min · has to hold for: at once",
        ),
        ({"tasks": {"shop.sweep": 2}, "weather": "fair"}, "tasks: shop.sweep=2 · weather: fair"),
        ({"user": 5}, ""),
        ({"window": "long", "condition": "new moon"}, "taken over: long · condition: new moon"),
    ],
)
def test_what_was_noted_of_a_deed_is_told_in_words(noted: dict[str, Any], told: str) -> None:
    assert details_of(AuditEntry(action="any", subject="anna", details=noted)) == told


def test_deeds_are_paged(otto: Client, cast: Cast) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(actor=cast.operator, action="queue.pause", subject=f"queue-{n}") for n in range(60)
    )
    address = reverse("monitoring_audit")
    assert otto.get(address).content.count(b"data-deed") == 50
    assert otto.get(address, {"page": 2}).content.count(b"data-deed") == 10
