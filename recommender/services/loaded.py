"""The encoders this worker process holds in memory; only workers call this, because it loads torch."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from django.conf import settings
from PIL import Image

from recommender.engine.encoders import load_encoder, space_key
from recommender.errors import EncoderError, RecommenderError
from recommender.models import EncoderSpace
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services import encoder_health

if TYPE_CHECKING:
    from recommender.engine.encoders import Encoder

log = logging.getLogger(__name__)

#: The serving encoder, and the one of a space that is being filled.
_MOST = 2
_loaded: OrderedDict[tuple[str, str], Encoder] = OrderedDict()
_lock = threading.Lock()


def loaded_encoder(spec: str) -> Encoder:
    """The encoder ``spec``, loaded once in this process.

    Raises:
        EncoderError: it cannot be loaded.
    """
    key = (spec, settings.ENCODER_DEVICE)
    with _lock:
        if key not in _loaded:
            while len(_loaded) >= _MOST:
                _loaded.popitem(last=False)
            _loaded[key] = _load(spec)
        _loaded.move_to_end(key)
        return _loaded[key]


def _load(spec: str) -> Encoder:
    """Load it, and let those who run the site know how that went."""
    try:
        encoder = load_encoder(spec, settings.ENCODER_DEVICE)
    except EncoderError as error:
        encoder_health.tell(spec, error)
        raise
    encoder_health.tell(spec)
    return encoder


def encoder_of(space: EncoderSpace) -> Encoder:
    """The encoder that made the vectors of ``space``.

    Raises:
        EncoderError: it cannot be loaded, or its weights are no longer those of the space.
    """
    encoder = loaded_encoder(space.spec)
    if space_key(encoder.info) != space.key:
        told = _("The weights of {spec} are no longer those of the space {key}.")
        error = EncoderError(
            say(told, spec=space.spec, key=space.key),
            _("Put the old weights back, or wait until the new ones have been through the catalogue."),
        )
        encoder_health.tell(space.spec, error)
        raise error
    encoder_health.tell_if_over(space.spec)
    return encoder


def devices_in_use() -> tuple[str, ...]:
    """Where the encoders of this process compute, such as "cpu" or "cuda:0"."""
    known = (str(getattr(encoder, "device", "")) for encoder in list(_loaded.values()))
    return tuple(sorted({name for name in known if name}))


def preload() -> None:
    """Load what the first query will need; a failure is logged, and told again to whoever asks."""
    space = EncoderSpace.objects.active()
    try:
        encoder = loaded_encoder(space.spec if space else settings.ENCODER)
        encoder.encode_texts(["ready"])
        encoder.encode_images([Image.new("RGB", (64, 64))])  # the first pass sets up what later ones use
    except RecommenderError as error:
        log.error("The encoder could not be loaded: %s", error)
