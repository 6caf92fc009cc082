"""Why a card is shown, in a sentence; the numbers behind it come from the sum that ranked it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommender.contracts import SOURCES
from recommender.models import Interaction

#: source: icon and name of its fader
CHANNELS: dict[str, tuple[str, Any]] = {
    "crowd": ("users", gettext_lazy("People")),
    "image": ("palette", gettext_lazy("Look")),
    "text": ("quote", gettext_lazy("Words")),
    "audio": ("wave-sine", gettext_lazy("Sound")),
}
PART_NAMES: dict[str, Any] = {
    **{name: label for name, (_icon, label) in CHANNELS.items()},
    "popular": gettext_lazy("Popular"),
    "fresh": gettext_lazy("New"),
    "lexical": gettext_lazy("Exact words"),
}
_ALONE: dict[str, Any] = {
    "popular": gettext_lazy("Popular right now"),
    "fresh": gettext_lazy("New here"),
    "crowd": gettext_lazy("Liked by people like you"),
    "image": gettext_lazy("Looks like what you like"),
    "text": gettext_lazy("Reads like what you like"),
    "audio": gettext_lazy("Sounds like what you like"),
}
_HOW: dict[str, Any] = {
    "crowd": gettext_lazy("Chosen together"),
    "image": gettext_lazy("Looks alike"),
    "text": gettext_lazy("Reads alike"),
    "audio": gettext_lazy("Sounds alike"),
}
_BECAUSE: dict[str, Any] = {
    Interaction.Kind.LIKE: gettext_lazy("Because you liked {seed}"),
    Interaction.Kind.SAVE: gettext_lazy("Because you saved {seed}"),
    Interaction.Kind.PURCHASE: gettext_lazy("Because you bought {seed}"),
    Interaction.Kind.RATING: gettext_lazy("Because you rated {seed}"),
    Interaction.Kind.VIEW: gettext_lazy("Because you looked at {seed}"),
}
#: the same after a middle dot
_AFTER: dict[str, Any] = {
    Interaction.Kind.LIKE: gettext_lazy("because you liked {seed}"),
    Interaction.Kind.SAVE: gettext_lazy("because you saved {seed}"),
    Interaction.Kind.PURCHASE: gettext_lazy("because you bought {seed}"),
    Interaction.Kind.RATING: gettext_lazy("because you rated {seed}"),
    Interaction.Kind.VIEW: gettext_lazy("because you looked at {seed}"),
}


def mixer(mixture: dict[str, float]) -> list[dict[str, Any]]:
    """The faders of a mixture; ``value`` in whole percent, sources that are absent at full."""
    return [
        {"source": name, "icon": CHANNELS[name][0], "label": CHANNELS[name][1],
         "value": round(100 * mixture.get(name, 1.0))}
        for name in SOURCES
    ]  # fmt: skip


def because(kind: str, title: str, wording: dict[str, Any] = _BECAUSE) -> str:
    """``Because you liked Red boots``."""
    return str(wording.get(kind, wording[Interaction.Kind.VIEW])).format(seed=title)


def sentence(source: str, seed_title: str = "", seed_kind: str = "") -> str:
    """Why an item is there: through ``source``, from a seed in the reader's history; "" where unknown."""
    if seed_title and source in _HOW:
        return _("{how} · {because}").format(how=_HOW[source], because=because(seed_kind, seed_title, _AFTER))
    return str(_ALONE.get(source, ""))


@lru_cache(maxsize=20_000)
def why_line(language: str, source: str, seed_title: str = "", seed_kind: str = "") -> SafeString | str:
    """The line under a card in ``language``, which is the one in force; "" for a source that says nothing."""
    said = sentence(source, seed_title, seed_kind)
    return format_html('<p class="why-line why-{}"><span>{}</span></p>', source, said) if said else ""


_ROWS: dict[str, Any] = {
    "popular": gettext_lazy("Popular right now"),
    "fresh": gettext_lazy("Just in"),
    "new": gettext_lazy("Just in"),
    "crowd": gettext_lazy("People like you chose"),
    "image": gettext_lazy("Looks like your taste"),
    "text": gettext_lazy("Reads like your taste"),
    "audio": gettext_lazy("Sounds like your taste"),
}


def row_title(kind: str, seed_title: str = "") -> str:
    """The heading of a row: about a seed, or about a source."""
    return because(kind, seed_title) if seed_title else str(_ROWS.get(kind, gettext_lazy("For you")))
