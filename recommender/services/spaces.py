"""Encoder spaces: which one serves, which ones are being filled, and how far they are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from recommender.models import Embedding, EncoderSpace, Item, Media

if TYPE_CHECKING:
    from recommender.engine.encoders import EncoderInfo

_SECONDS = 1.0
#: (when it was looked up, the space)
_known: tuple[float, EncoderSpace | None] = (float("-inf"), None)


def current_space() -> EncoderSpace | None:
    """The serving space, looked up at most once a second by each process; None before the first encoding."""
    global _known
    looked, space = _known
    if time.monotonic() - looked > _SECONDS:
        space = EncoderSpace.objects.active()
        _known = (time.monotonic(), space)
    return space


def forget_current_space() -> None:
    """Look the serving space up anew at the next call."""
    global _known
    _known = (float("-inf"), None)


def ensure_space(info: EncoderInfo, spec: str) -> EncoderSpace:
    """The space of a loaded encoder; the very first becomes active at once, any other begins as a shadow.

    Args:
        info: identity of the encoder.
        spec: what ``load_encoder`` was given.
    """
    identity = {
        "name": info.name,
        "weights_hash": info.weights_hash,
        "dim": info.dim,
        "preprocessing": info.preprocessing,
    }
    given = {"spec": spec, "modalities": list(info.modalities)}
    space, _new = EncoderSpace.objects.get_or_create(**identity, defaults=given)
    changed = {name: value for name, value in given.items() if getattr(space, name) != value}
    if space.state == EncoderSpace.State.RETIRED:
        changed["state"] = EncoderSpace.State.SHADOW
    if changed:
        EncoderSpace.objects.filter(pk=space.pk).update(**changed)
        space.refresh_from_db()
    if space.state != EncoderSpace.State.ACTIVE and EncoderSpace.objects.active() is None:
        activate_space(space)
    return space


def activate_space(space: EncoderSpace) -> None:
    """Let ``space`` serve and retire the one that served: one transaction, so that there is always one."""
    with transaction.atomic():
        active = EncoderSpace.objects.filter(state=EncoderSpace.State.ACTIVE).exclude(pk=space.pk)
        active.update(state=EncoderSpace.State.RETIRED)
        EncoderSpace.objects.filter(pk=space.pk).update(
            state=EncoderSpace.State.ACTIVE, activated_at=timezone.now()
        )
    space.refresh_from_db()
    forget_current_space()


def retire_shadows(wanted: EncoderSpace) -> None:
    """Stop filling shadows of encoders that the settings no longer name."""
    shadows = EncoderSpace.objects.filter(state=EncoderSpace.State.SHADOW).exclude(pk=wanted.pk)
    shadows.update(state=EncoderSpace.State.RETIRED)


# -- what is missing ---------------------------------------------------------------------------------------


def items_without_words(space: EncoderSpace) -> QuerySet[Item]:
    """Available items whose words have no vector in ``space``, nor a worker that makes one."""
    there = Embedding.objects.filter(space=space, item=OuterRef("pk"), media__isnull=True)
    return Item.objects.available().filter(~Exists(there))


def media_without(space: EncoderSpace, modality: str) -> QuerySet[Media]:
    """Ready media of items that have no vector of ``modality`` (image or audio) in ``space``."""
    there = Embedding.objects.filter(space=space, media=OuterRef("pk"), modality=modality)
    return _media_for(modality).filter(~Exists(there))


def _media_for(modality: str) -> QuerySet[Media]:
    """Ready media of items that can have a vector of ``modality``."""
    kinds = Q(kind__in=[Media.Kind.IMAGE, Media.Kind.VIDEO])
    if modality == Embedding.Modality.AUDIO:
        kinds = Q(kind=Media.Kind.AUDIO) | Q(kind=Media.Kind.VIDEO, has_sound=True)
    return Media.objects.ready().filter(kinds, item__isnull=False)


def missing(space: EncoderSpace, modality: str) -> QuerySet[Any]:
    """The items (text) or media (image, audio) that lack a vector of ``modality`` in ``space``."""
    return items_without_words(space) if modality == "text" else media_without(space, modality)


def without_vector(space: EncoderSpace, modality: str) -> tuple[int, int]:
    """How many items (text) or media (image, audio) have no vector of ``modality``, of how many.

    Unlike ``missing`` it counts what was tried in vain, and what a worker is at.
    """
    there = Embedding.objects.ready().filter(space=space, modality=modality)
    owners: QuerySet[Any]
    if modality == Embedding.Modality.TEXT:
        owners, there = Item.objects.available(), there.filter(item=OuterRef("pk"), media__isnull=True)
    else:
        owners, there = _media_for(modality), there.filter(media=OuterRef("pk"))
    return owners.filter(~Exists(there)).count(), owners.count()


def space_coverage(space: EncoderSpace) -> dict[str, int]:
    """How much of the catalogue ``space`` knows.

    Returns:
        ``items_done`` of ``items_total`` (an available item is done when its words are), ``media_done`` of
        ``media_total`` (vectors of media that are ready), ``failed`` (vectors that could not be made).
    """
    State = Embedding.State
    ended = Embedding.objects.filter(space=space).exclude(state=State.CLAIMED)
    items_done, items_total = items_covered(space)
    media_done = media_total = 0
    for modality in ("image", "audio"):
        if modality in space.modalities:
            done = ended.filter(media__isnull=False, modality=modality).count()
            claimed = Embedding.objects.filter(
                space=space, state=State.CLAIMED, media__isnull=False, modality=modality
            ).count()
            media_done += done
            media_total += done + claimed + media_without(space, modality).count()
    return {
        "items_done": items_done,
        "items_total": items_total,
        "media_done": media_done,
        "media_total": media_total,
        "failed": ended.filter(state=State.FAILED).count(),
    }


def items_covered(space: EncoderSpace) -> tuple[int, int]:
    """How many available items ``space`` has the words of, and how many there are."""
    ended = Embedding.objects.filter(space=space).exclude(state=Embedding.State.CLAIMED)
    words = ended.filter(item=OuterRef("pk"), media__isnull=True)
    available = Item.objects.available()
    return available.filter(Exists(words)).count(), available.count()


def is_covered(space: EncoderSpace) -> bool:
    """Whether ``space`` has everything it could have, and no worker is still at it."""
    if Embedding.objects.filter(space=space, state=Embedding.State.CLAIMED).exists():
        return False
    return not any(missing(space, modality).exists() for modality in space.modalities)
