"""Words, a picture or a sound scored while somebody waits; nothing of them is kept as a review."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from analytics.contracts import Sentiment, Spoken
from analytics.services.scoring import plugs
from analytics.services.scoring.asking import ask_worker
from analytics.services.scoring.content import PROMPTS
from analytics.services.scoring.model import current_scorer
from recommender.contracts import Clip
from recommender.errors import EncoderUnavailable, MediaError, RecommenderError
from recommender.said import renamed
from recommender.services import queries, spaces

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from analytics.engine.sentiment import Scorer

TEXT_MOST = 100_000  # characters


def score_now(
    *,
    text: str = "",
    image: UploadedFile | None = None,
    sound: UploadedFile | None = None,
    language: str = "",
) -> tuple[Sentiment, str]:
    """What ``text``, a picture and a recording feel, each optional; and the key of the scorer.

    Pictures go by way of the query worker, and so does everything where the settings plug in a part that a
    web process must not load.

    Args:
        language: that is spoken in the recording, such as ``en``; "" where the asker does not know.

    Raises:
        RecommenderError: there is nothing to score, or a file cannot be read.
        EncoderUnavailable: no worker could encode the picture in time.
        ScorerUnavailable: no worker could score in time.
    """
    if not text.strip() and image is None and sound is None:
        raise RecommenderError(
            _("There is nothing to score."), _("Send a text, a picture or a sound, or several of them.")
        )
    if len(text) > TEXT_MOST:
        raise RecommenderError(
            _("The text has more than {most} characters.").format(most=TEXT_MOST), _("Send it in parts.")
        )
    if plugs.in_use():
        return ask_worker(text, image, sound, language)
    scorer = current_scorer()
    images, prompts = _vectors(image, scorer) if image else (None, None)
    clips = (_clip(sound),) if sound else ()
    (found,) = scorer.score([Spoken(text=text, images=images, clips=clips, prompts=prompts)])
    return found, scorer.key


def _vectors(image: UploadedFile, scorer: Scorer) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture's vector (1, dim), and prompts where the image head does not know its encoder."""
    name = queries.receive_media("image", image)
    space = spaces.current_space()
    if space is None:
        raise EncoderUnavailable(_("No encoder is in service yet."), _("Try again soon."))
    parts: list[queries.Part] = [{"modality": "image", "name": name}]
    if space.weights_hash == scorer.image_space:
        return np.stack(queries.encode_query(space, parts)), None
    if "text" not in space.modalities:
        raise RecommenderError(
            _("No image model reads photos of this encoder."), _("Send the text or the sound alone.")
        )
    parts += [{"modality": "text", "text": words} for words in PROMPTS]
    vectors = np.stack(queries.encode_query(space, parts))
    return vectors[:1], vectors[1:]


def _clip(sound: UploadedFile) -> Clip:
    from recommender.engine.preprocess.audio import load_clip

    if (sound.size or 0) > queries.MOST_BYTES["audio"]:
        raise MediaError(
            _("{name} has more than {size} MB.").format(
                name=sound.name, size=queries.MOST_BYTES["audio"] // 1024**2
            ),
            _("Record a shorter sound."),
        )
    with tempfile.TemporaryDirectory(prefix="mmsite-") as folder:
        path = Path(folder) / "sound"
        with path.open("wb") as copy:
            for chunk in sound.chunks():
                copy.write(chunk)
        try:
            return load_clip(path)
        except MediaError as error:
            told = renamed(error.message, path.name, sound.name or path.name)
            raise MediaError(told, error.remedy) from error
