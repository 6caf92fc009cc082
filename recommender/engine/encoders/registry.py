"""From a specification in the settings to an encoder; listing what there is loads nothing heavy.

Specifications: ``mmsite-mini``, ``open_clip:MODEL/TAG``, ``open_clip:MODEL/path/to/checkpoint.pt``,
``local-dir:/path`` and ``python:package.module:factory``.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from recommender.contracts import MODALITIES
from recommender.engine.encoders.base import DEFAULT_ENCODER, Encoder, EncoderCard, EncoderInfo
from recommender.engine.encoders.calibration import WEIGHTS
from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

#: Longest specifications first: the first prefix that fits wins.
_BUILDERS: dict[str, str] = {
    DEFAULT_ENCODER: "recommender.engine.encoders.mini:load_mini",
    "open_clip:": "recommender.engine.encoders.open_clip_encoder:load_named",
    "local-dir:": "recommender.engine.encoders.open_clip_encoder:load_directory",
}
DEVICES = ("auto", "cpu", "cuda")


def available_encoders() -> list[EncoderCard]:
    """The embedded encoder and the families that can be named, none of them loaded."""
    folder = WEIGHTS / DEFAULT_ENCODER
    size = sum(path.stat().st_size for path in folder.glob("*") if path.is_file()) / 1e6
    return [
        EncoderCard(
            DEFAULT_ENCODER,
            "mmsite mini",
            "The embedded encoder: small, quick on a processor, English and Chinese.",
            MODALITIES,
            ("en", "zh"),
            dim=128,
            megabytes=round(size, 1),
        ),
        EncoderCard(
            "open_clip:MODEL/TAG",
            "open_clip by name",
            "Any model and pretrained tag that open_clip lists; weights are downloaded once. "
            "A path to a checkpoint file in place of the tag needs no network.",
            ("image", "text"),
            pattern=True,
            needs_network=True,
        ),
        EncoderCard(
            "local-dir:/path",
            "open_clip from a folder",
            "A folder with open_clip_config.json and its weights; no network.",
            ("image", "text"),
            pattern=True,
        ),
        EncoderCard(
            "python:package.module:factory",
            "Your own",
            "A function taking the device's name and returning an object that obeys the Encoder Protocol.",
            (),
            pattern=True,
        ),
    ]


def encoder_card(spec: str) -> EncoderCard:
    """The card that covers ``spec``.

    Raises:
        EncoderError: no kind of specification fits.
    """
    for card in available_encoders():
        kind = card.spec.partition(":")[0]
        if spec == card.spec or (card.pattern and spec.startswith(f"{kind}:")):
            return card
    raise _unknown(spec)


def load_encoder(spec: str = DEFAULT_ENCODER, device: str = "auto") -> Encoder:
    """Load weights and give an encoder that is ready; no network for local paths.

    Args:
        spec: see the module's head.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``, with an optional ``:index``.

    Raises:
        EncoderError: unknown specification, missing or wrong weights, no such device. Never falls back.
    """
    if device.partition(":")[0] not in DEVICES:
        raise EncoderError(
            say(_("There is no device {name}."), name=repr(device)),
            say(_("Use one of {devices}."), devices=", ".join(DEVICES)),
        )
    if spec.startswith("python:"):
        encoder = _dotted(spec.removeprefix("python:"))(device)
        if not isinstance(encoder, Encoder):
            told = _("{spec} returned {kind}, which is no encoder.")
            raise EncoderError(
                say(told, spec=spec, kind=type(encoder).__name__),
                _("It must have info, encode_images, encode_texts and encode_clips."),
            )
        return encoder
    for prefix, target in _BUILDERS.items():
        if spec == prefix or (prefix.endswith(":") and spec.startswith(prefix)):
            build: Callable[[str, str], Encoder] = _dotted(target)
            return build(spec, device)
    raise _unknown(spec)


def space_key(info: EncoderInfo) -> str:
    """A name for the encoder's vector space: vectors may be compared only where it agrees."""
    return f"{info.name}@{info.weights_hash}/{info.dim}/{info.preprocessing}"


def torch_threads() -> int | None:
    """Threads torch may use, from MMSITE_TORCH_THREADS; None leaves torch's own choice."""
    raw = os.environ.get("MMSITE_TORCH_THREADS", "").strip()
    if not raw:
        return None
    if not raw.isdigit() or int(raw) < 1:
        told = say(_("{setting} cannot be used."), setting=f"MMSITE_TORCH_THREADS={raw!r}")
        raise EncoderError(told, _("Give a whole number from 1."))
    return int(raw)


def _dotted(target: str) -> Callable[..., Any]:
    """The object named ``package.module:attribute``."""
    module_name, _colon, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise EncoderError(
            say(
                _("The encoder factory {name} cannot be imported: {error}."),
                name=repr(target),
                error=str(error),
            ),
            _("Write python:package.module:factory and make sure that the package is installed."),
        ) from error


def _unknown(spec: str) -> EncoderError:
    kinds = ", ".join(card.spec for card in available_encoders())
    told = say(_("There is no encoder {name}."), name=repr(spec))
    return EncoderError(told, say(_("ENCODER takes one of: {kinds}."), kinds=kinds))
