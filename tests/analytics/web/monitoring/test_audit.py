"""The list of deeds names what each was done to in the reader's words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from analytics.models import AlertRule, AuditEntry, TaskRun
from analytics.services.monitoring import rules_desk
from analytics.web.monitoring.audit_subjects import Subject, subjects_of
from analytics.web.monitoring.audit_words import details_of
from analytics.web.monitoring.task_filter import TaskFilter
from recommender.said import say
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def told(action: str, subject: str, language: str = "en", **details: Any) -> Subject:
    with override(language):
        return subjects_of([AuditEntry(action=action, subject=subject, details=details)])[0]


@pytest.mark.parametrize(
    ("action", "stored", "english", "chinese"),
    [
        ("queue.pause", "encode", "queue encode", "队列 encode"),
        ("task.revoke", "index.rebuild 3f2a", "task index.rebuild, 3f2a", "任务 index.rebuild，3f2a"),
        ("task.again_all", "all", "all that failed", "所有失败的任务"),
        ("add alert rule", "Answers fail", "Answers fail", "请求失败过多"),
        ("switch off alert rule", "Our own rule", "Our own rule", "Our own rule"),
        ("silence alerts", "*", "All rules", "所有规则"),
        ("site.switch_space", "3", "encoder 3", "编码器 3"),
        (
            "site.retry_media",
            "Cut short.",
            "files with the error “Cut short.”",
            "错误为“Cut short.”的文件",
        ),
        ("inspect person", "anna", "anna", "anna"),
    ],
)
def test_a_subject_of_a_known_kind_is_worded_in_both_languages(
    action: str, stored: str, english: str, chinese: str
) -> None:
    assert told(action, stored, "zh-hans") == Subject(chinese)
    assert told(action, stored) == Subject(english)


def test_a_subject_of_no_known_kind_stays_as_it_was_noted() -> None:
    assert told("of another release", "index:3") == Subject("index:3", code=True)


def test_how_tasks_were_chosen_is_worded_whatever_was_searched_for() -> None:
    chosen = TaskFilter(name="index.rebuild", queue="default", text="cut, short")
    assert told("task.again_all", chosen.told(), "zh-hans").words == (
        "任务: index.rebuild · 队列: default · 文字: cut, short"
    )
    assert told("task.again_all", chosen.told()).words == (
        "Task: index.rebuild · Queue: default · Text: cut, short"
    )


def test_an_encoder_that_its_sentence_names_is_not_numbered_beside_it() -> None:
    said = say("{name} serves as soon as its index is built.", name="mini").as_json()
    assert told("site.switch_space", "3", said=said).words == ""


def test_what_a_silence_is_about_is_called_as_alerts_call_it(cast: Cast) -> None:
    lights = AlertRule.objects.get(key="light")
    rules_desk.silence(cast.operator, lights, "queues", timezone.now(), "")
    with override("zh-hans"):
        assert "关于: 队列" in details_of(AuditEntry.objects.get())
    assert "about: Queues" in details_of(AuditEntry.objects.get())


def test_a_task_that_is_still_known_is_linked_and_a_forgotten_one_only_named(
    operator: Client, cast: Cast
) -> None:
    TaskRun.objects.create(task_id="here", name="index.rebuild", queue="default", sent_at=timezone.now())
    for task_id in ("here", "gone"):
        AuditEntry.objects.create(
            actor=cast.operator, action="task.revoke", subject=f"index.rebuild {task_id}"
        )
    page = operator.get(reverse("monitoring_audit")).content.decode()
    assert f'href="{reverse("monitoring_task", args=["here"])}">task index.rebuild, here</a>' in page
    assert "task index.rebuild, gone" in page
    assert reverse("monitoring_task", args=["gone"]) not in page


def test_a_page_of_deeds_asks_for_its_tasks_at_once(cast: Cast, django_assert_num_queries: Any) -> None:
    entries = [AuditEntry(action="task.again", subject=f"index.rebuild {n}") for n in range(50)]
    with django_assert_num_queries(1):
        subjects_of(entries)
