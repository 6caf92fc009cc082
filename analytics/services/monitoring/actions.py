"""What operators may do about a light: each says with numbers what will happen, and is noted once done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from analytics.services import audit
from analytics.services.monitoring.lights import forget_lights
from analytics.services.monitoring.media_storage import forget_storage
from recommender.errors import RecommenderError
from recommender.said import Said
from recommender.said import gettext_noop as _

#: What is noted of a deed begins so.
AREA = "site"


@dataclass(frozen=True)
class Choice:
    """One of the things that an action may be done to; ``label`` says with numbers what it is."""

    value: str
    label: Said


@dataclass(frozen=True)
class Plan:
    """What would happen now.

    Attributes:
        said: in words and numbers; why not, where it is not possible.
        choices: to pick from; none where there is nothing to pick.
    """

    said: Said
    possible: bool = True
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Action:
    """A button with its confirmation."""

    name: str
    title: str | Promise
    icon: str
    what_will_happen: Callable[[float], Plan]
    #: does it to what was chosen ("" for all, or where there is no choice), and says what was done
    do: Callable[[str], Said]
    #: one sentence on what it is for, without numbers
    about: str | Promise


_ACTIONS: dict[str, Action] = {}


def action(
    name: str, title: str | Promise, icon: str, plan: Callable[[float], Plan], about: str | Promise
) -> Callable[[Callable[[str], Said]], Callable[[str], Said]]:
    """Declare what follows as what a button does."""

    def declare(do: Callable[[str], Said]) -> Callable[[str], Said]:
        if name in _ACTIONS:
            raise ValueError(f"The action {name} is declared twice.")
        _ACTIONS[name] = Action(name, title, icon, plan, do, about)
        return do

    return declare


def actions() -> list[Action]:
    return list(_ACTIONS.values())


def action_named(name: str) -> Action | None:
    return _ACTIONS.get(name)


def perform(chosen: Action, actor: Any, choice: str = "", now: float | None = None) -> Said:
    """Do it and note it: both or neither.

    Raises:
        RecommenderError: it is not possible now, or there is no such choice.
    """
    # A form sends the ends of lines as two characters.
    choice = choice.replace("\r\n", "\n")
    plan = chosen.what_will_happen(time.time() if now is None else now)
    if not plan.possible:
        raise RecommenderError(plan.said)
    if plan.choices and choice not in {one.value for one in plan.choices}:
        raise RecommenderError(_("That cannot be chosen any more."), _("Look again and choose anew."))
    label = next((one.label for one in plan.choices if choice and one.value == choice), None)
    with transaction.atomic():
        done = chosen.do(choice)
        said = {"plan": plan.said, "said": done, "chosen": label}
        details = {name: one.as_json() for name, one in said.items() if one}
        audit.note(actor, f"{AREA}.{chosen.name}", choice, **details)
    forget_lights()
    forget_storage()
    return done
