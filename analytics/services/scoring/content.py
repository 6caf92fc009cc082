"""What a review says, as the scorer takes it: words, vectors of photos, decoded voices.

Photos are encoded here and now, by the encoder that serves; their vectors are kept nowhere, so that none can
get into the index of items. Only the worker that holds the encoder calls this where there are photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from analytics.contracts import Channel, Spoken, Transcript
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import load_clip
from recommender.errors import EncoderError, RecommenderError, StorageUnavailable
from recommender.models import EncoderSpace, Media, Review
from recommender.said import Said
from recommender.services.renditions import SOUND
from recommender.services.stored import local_file

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer
    from recommender.engine.encoders import Encoder

#: For encoders whose photos the image head does not know: what a photo shows, for each label in order.
PROMPTS = (
    "a photo of something broken, dirty or disappointing",
    "a plain photo of a product",
    "a photo of something beautiful that makes people happy",
)
NO_ENCODER_HEAD = "No image model reads photos of this encoder."
NOT_READY = "It is not prepared yet."


@dataclass(slots=True)
class Content:
    """One review's content.

    Attributes:
        spoken: for the scorer.
        clips: numbers of the media that ``spoken.clips`` were read from, in the same order.
        missing: by channel, what of the review could not be given to the scorer, and why.
        waits: whether the media storage kept something back for now.
    """

    spoken: Spoken
    clips: tuple[int, ...] = ()
    missing: dict[Channel, list[str]] = field(default_factory=dict)
    waits: bool = False


def read_contents(
    reviews: Sequence[Review], scorer: Scorer, known: Mapping[int, Transcript] | None = None
) -> list[Content]:
    """The content of ``reviews`` (with their media prefetched), in order.

    Args:
        known: by medium, what was heard in it before.
    """
    pictures = [one for review in reviews for one in review.media.all() if _is_ready(one) and one.has_picture]
    vectors, prompts = photo_vectors(pictures, scorer)
    return [_content(review, vectors, prompts, known or {}) for review in reviews]


def photo_vectors(
    pictures: Sequence[Media], scorer: Scorer
) -> tuple[dict[int, np.ndarray | RecommenderError], np.ndarray | None]:
    """By medium, its unit vector or why there is none; and the prompts that go with them, if any."""
    if not pictures:
        return {}, None
    from recommender.services import sources
    from recommender.services.encode import outcomes_of

    try:
        encoder = photo_encoder()
        prompts = prompts_for(encoder, scorer)
        made = outcomes_of(sources.encode_pictures, encoder, list(pictures))
    except RecommenderError as error:
        return {one.pk: error for one in pictures}, None
    return {one.pk: outcome for one, outcome in zip(pictures, made, strict=True)}, prompts


def photo_encoder() -> Encoder:
    """The encoder of the serving space; before there is one, that of the settings.

    Raises:
        EncoderError: it cannot be loaded.
    """
    from recommender.services.loaded import encoder_of, loaded_encoder

    space = EncoderSpace.objects.active()
    return encoder_of(space) if space else loaded_encoder(settings.ENCODER)


def prompts_for(encoder: Encoder, scorer: Scorer) -> np.ndarray | None:
    """(3, dim) vectors of words for the labels; None where the image head knows photos of this encoder.

    Raises:
        EncoderError: neither the head nor words can read them.
    """
    if encoder.info.weights_hash == scorer.image_space:
        return None
    if "text" not in encoder.info.modalities:
        raise EncoderError(NO_ENCODER_HEAD)
    return encoder.encode_texts(list(PROMPTS))


def _content(
    review: Review,
    vectors: dict[int, np.ndarray | RecommenderError],
    prompts: np.ndarray | None,
    known: Mapping[int, Transcript],
) -> Content:
    missing: dict[Channel, list[str]] = {}
    media = list(review.media.all())
    waits = any(isinstance(vectors.get(one.pk), StorageUnavailable) for one in media)
    photos: list[np.ndarray] = []
    clips: list[tuple[int, Clip]] = []
    for one in media:
        channel: Channel = "speech" if one.kind == Media.Kind.AUDIO else "image"
        if not _is_ready(one):
            missing.setdefault(channel, []).append(_why_not(one))
            continue
        if one.has_picture:
            _sort(vectors[one.pk], photos, missing.setdefault("image", []))
        if one.kind == Media.Kind.AUDIO or one.has_sound:
            waits |= not _sort_clip(one, clips, missing.setdefault("speech", []))
    spoken = Spoken(
        text=review.text,
        images=np.stack(photos) if photos else None,
        clips=tuple(clip for _, clip in clips),
        prompts=prompts if photos else None,
        language=language_of(review) if clips else review.language,
        heard=tuple(known.get(number) for number, _ in clips),
    )
    reasons = {channel: told for channel, told in missing.items() if told}
    return Content(spoken, tuple(number for number, _ in clips), reasons, waits)


def language_of(review: Review) -> str:
    """What its author speaks: the language of the words, else that in which they use the site; "" unknown."""
    profile = getattr(review.user, "profile", None)
    return str(review.language or (profile.language if profile else ""))


def _is_ready(medium: Media) -> bool:
    return medium.state == Media.State.READY


def _why_not(medium: Media) -> str:
    return medium.sentence("error") if medium.state == Media.State.FAILED and medium.error else NOT_READY


def _sort(outcome: np.ndarray | RecommenderError, photos: list[np.ndarray], told: list[str]) -> None:
    if isinstance(outcome, RecommenderError):
        told.append(outcome.message)
    else:
        photos.append(outcome)


def _sort_clip(medium: Media, clips: list[tuple[int, Clip]], told: list[str]) -> bool:
    """False where the media storage kept it back for now."""
    try:
        with local_file(medium.derived(SOUND)) as path:
            clips.append((medium.pk, load_clip(path)))
    except StorageUnavailable:
        return False
    except RecommenderError as error:
        told.append(error.message)
    return True


def joined(missing: Iterable[tuple[Channel, list[str]]]) -> dict[Channel, str]:
    """One sentence or more a channel, each reason once."""
    return {channel: " ".join(dict.fromkeys(reasons)) for channel, reasons in missing}


def as_said(missing: Mapping[Channel, list[str]]) -> dict[Channel, list[Any]]:
    """Reasons to be read in another language, where their English in ``joined`` would not do.

    Each is as ``Said.as_json`` keeps it, or plain English.
    """
    return {
        channel: [one.as_json() if isinstance(one, Said) else one for one in dict.fromkeys(reasons)]
        for channel, reasons in missing.items()
        if any(isinstance(one, Said) for one in reasons)
    }
