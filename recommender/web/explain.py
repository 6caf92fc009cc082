"""Why a card is shown, in a sentence; the numbers behind it come from the sum that ranked it."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from recommender.contracts import SOURCES
from recommender.models import Interaction

#: source: icon and name of its fader
CHANNELS: dict[str, tuple[str, Any]] = {
    "crowd": ("users", _l("People")),
    "image": ("palette", _l("Look")),
    "text": ("quote", _l("Words")),
    "audio": ("wave-sine", _l("Sound")),
}
PART_NAMES: dict[str, Any] = {
    **{name: label for name, (_icon, label) in CHANNELS.items()},
    "popular": _l("Popular"),
    "fresh": _l("New"),
    "lexical": _l("Exact words"),
}
_ALONE: dict[str, Any] = {
    "popular": _l("Popular right now"),
    "fresh": _l("New here"),
    "crowd": _l("Liked by people like you"),
    "image": _l("Looks like what you like"),
    "text": _l("Reads like what you like"),
    "audio": _l("Sounds like what you like"),
}
_HOW: dict[str, Any] = {
    "crowd": _l("Chosen together"),
    "image": _l("Looks alike"),
    "text": _l("Reads alike"),
    "audio": _l("Sounds alike"),
}
_BECAUSE: dict[str, Any] = {
    Interaction.Kind.LIKE: _l("Because you liked {seed}"),
    Interaction.Kind.SAVE: _l("Because you saved {seed}"),
    Interaction.Kind.PURCHASE: _l("Because you bought {seed}"),
    Interaction.Kind.RATING: _l("Because you rated {seed}"),
    Interaction.Kind.VIEW: _l("Because you looked at {seed}"),
}
#: the same after a middle dot
_AFTER: dict[str, Any] = {
    Interaction.Kind.LIKE: _l("because you liked {seed}"),
    Interaction.Kind.SAVE: _l("because you saved {seed}"),
    Interaction.Kind.PURCHASE: _l("because you bought {seed}"),
    Interaction.Kind.RATING: _l("because you rated {seed}"),
    Interaction.Kind.VIEW: _l("because you looked at {seed}"),
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
    """Why an item is there: through ``source``, from an item of the reader's history; "" where that is not known."""
    if seed_title and source in _HOW:
        return _("{how} · {because}").format(how=_HOW[source], because=because(seed_kind, seed_title, _AFTER))
    return str(_ALONE.get(source, ""))


def why_line(source: str, seed_title: str = "", seed_kind: str = "") -> SafeString | str:
    """The line under a card; "" for a source that says nothing."""
    said = sentence(source, seed_title, seed_kind)
    return format_html('<p class="why-line why-{}"><span>{}</span></p>', source, said) if said else ""


_ROWS: dict[str, Any] = {
    "popular": _l("Popular right now"),
    "fresh": _l("Just in"),
    "new": _l("Just in"),
    "crowd": _l("People like you chose"),
    "image": _l("Looks like your taste"),
    "text": _l("Reads like your taste"),
    "audio": _l("Sounds like your taste"),
}


def row_title(kind: str, seed_title: str = "") -> str:
    """The heading of a row: about a seed, or about a source."""
    return because(kind, seed_title) if seed_title else str(_ROWS.get(kind, _l("For you")))
