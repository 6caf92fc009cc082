"""What operators look into: tasks that ran, requests that sent them, and queues that were paused."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskRunQuerySet(models.QuerySet["TaskRun"]):
    def failed(self) -> Self:
        return self.filter(state=TaskRun.State.FAILED)

    def older_than(self, moment: datetime) -> Self:
        return self.filter(sent_at__lt=moment)


class TaskRun(models.Model):
    """One task as its messages told of it; arguments and traceback are cut short and without secrets."""

    class State(models.TextChoices):
        SENT = "sent", _("waiting")
        STARTED = "started", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        RETRIED = "retried", _("to be tried again")
        REVOKED = "revoked", _("called off")

    task_id = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("task"), max_length=200)
    queue = models.CharField(_("queue"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.SENT)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    #: of the request that sent it, "" for one that no person waited for
    request_id = models.CharField(max_length=64, blank=True)
    #: of the task that sent it, or that an operator had tried again by this one
    parent_id = models.CharField(max_length=64, blank=True, db_index=True)
    #: "beat" for a periodic one, "again" for one that an operator had tried again, else ""
    origin = models.CharField(max_length=20, blank=True)
    arguments = models.TextField(_("input"), blank=True)
    #: [positional, by name] for sending it again; None where that is too long to keep or holds a secret
    call = models.JSONField(null=True, blank=True)
    #: of the task by which an operator had this one tried again
    again = models.CharField(max_length=64, blank=True)
    result = models.TextField(_("result"), blank=True)
    #: the row it was working on when it ended, such as "media 12"
    subject = models.CharField(_("working on"), max_length=200, blank=True)
    exception = models.CharField(_("error"), max_length=200, blank=True)
    message = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    retries = models.PositiveIntegerField(_("retries"), default=0)
    sent_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: seconds it ran
    runtime = models.FloatField(null=True, blank=True)

    objects = TaskRunQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-sent_at"], name="taskrun_state_recent"),
            models.Index(fields=["name", "-sent_at"], name="taskrun_name_recent"),
            models.Index(fields=["-sent_at"], name="taskrun_recent"),
            models.Index(fields=["request_id"], name="taskrun_request"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.task_id}"

    @property
    def wait(self) -> float | None:
        """Seconds between being sent and being begun."""
        return (self.started_at - self.sent_at).total_seconds() if self.started_at else None


class RequestTrace(models.Model):
    """A request that sent a task, failed or was slow; the others are only counted."""

    request_id = models.CharField(max_length=64, unique=True)
    method = models.CharField(max_length=8)
    path = models.CharField(_("address"), max_length=500)
    view = models.CharField(_("page"), max_length=100, blank=True)
    status = models.PositiveSmallIntegerField(_("answer"))
    seconds = models.FloatField(_("seconds"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="requesttrace_recent")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class PausedQueue(models.Model):
    """A queue that workers leave alone until it is resumed, through their restarts."""

    name = models.CharField(_("queue"), max_length=60, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class StreamPosition(models.Model):
    """How far a Redis stream has been moved into the database, written together with what was moved."""

    stream = models.CharField(max_length=60, unique=True)
    last = models.CharField(max_length=40, default="0-0")

    def __str__(self) -> str:
        return f"{self.stream} {self.last}"
