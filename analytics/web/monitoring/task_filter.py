"""Which tasks a list shows: the choices of its form, and the rows they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from analytics.models import TaskRun

_EXACT = ("name", "worker", "queue", "exception")
_SEARCHED = ("task_id", "name", "arguments", "subject", "exception", "message", "request_id")
_TEXT = 200
_LABELS: dict[str, Any] = {
    "name": _("Task"),
    "queue": _("Queue"),
    "worker": _("Worker"),
    "exception": _("Error"),
    "text": _("Text"),
}


@dataclass(frozen=True)
class TaskFilter:
    """What was chosen; "" leaves everything in."""

    state: str = ""
    name: str = ""
    worker: str = ""
    queue: str = ""
    exception: str = ""
    text: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> TaskFilter:
        """Choices of an address; a state that does not exist is no choice."""
        state = query.get("state", "")
        return cls(
            state=state if state in TaskRun.State.values else "",
            text=query.get("q", "").strip()[:_TEXT],
            **{name: query.get(name, "")[:_TEXT] for name in _EXACT},
        )

    def rows(self) -> Any:
        found = TaskRun.objects.all()
        if self.state:
            found = found.filter(state=self.state)
        for name in _EXACT:
            if value := getattr(self, name):
                found = found.filter(**{name: value})
        if self.text:
            anywhere = Q()
            for name in _SEARCHED:
                anywhere |= Q(**{f"{name}__icontains": self.text})
            found = found.filter(anywhere)
        return found

    def told(self) -> str:
        """The choices in one line, as the audit keeps them."""
        chosen = {name: getattr(self, name) for name in (*_EXACT, "text") if getattr(self, name)}
        return ", ".join(f"{name} {value}" for name, value in chosen.items())

    @property
    def is_open(self) -> bool:
        return self == TaskFilter()


def reworded(told: str) -> str:
    """What ``TaskFilter.told`` said, in the reader's language."""
    parts: list[str] = []
    for piece in told.split(", "):
        name, _space, value = piece.partition(" ")
        if name in _LABELS and value:
            parts.append(f"{_LABELS[name]}: {value}")
        elif parts:  # a comma of the value before
            parts[-1] += f", {piece}"
        else:
            return told
    return " · ".join(parts)


def choices() -> list[dict[str, Any]]:
    """What each menu of the form offers."""
    return [
        {
            "name": name,
            "label": _LABELS[name],
            "values": list(
                TaskRun.objects.exclude(**{name: ""})
                .order_by(name)
                .values_list(name, flat=True)
                .distinct()[:200]
            ),
        }
        for name in ("name", "queue", "worker", "exception")
    ]
