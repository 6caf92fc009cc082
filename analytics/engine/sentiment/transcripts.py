"""Listening to a review: its recordings turned into words, and which of them are good enough to count."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from analytics.contracts import Heard, Spoken, Transcript
from analytics.engine.sentiment.recogniser import Recogniser
from analytics.engine.sentiment.scorer_intake import Usable, usable
from recommender.contracts import Clip
from recommender.engine.preprocess.text import detect_language

log = logging.getLogger(__name__)

#: Fewer words than this are an exclamation, or a noise that was taken for a word.
FEWEST_WORDS = 2
#: Words that are less sure than this on average are left out, where a recogniser says how sure it is.
LEAST_CONFIDENCE = 0.5
#: Seconds of one review's recordings that are listened to, so that no review holds up the others.
LONGEST = 60.0

NO_WORDS = "No words were recognised in the recording."
TOO_FEW = "Too few words were recognised in the recording."
TOO_UNSURE = "The words recognised in the recording are too uncertain."
UNKNOWN_LANGUAGE = "The language of the recording is not known, and the recogniser understands one only."
OTHER_LANGUAGE = "The recogniser does not understand the language of the recording."
UNREAD_LANGUAGE = "No text model reads the language that was recognised in the recording."
FAILED = "The recogniser failed over the recording."
TOO_LONG = f"Only the first {LONGEST:g} seconds of the recordings were listened to."

#: One Han character is counted as a word, as it is about as much of a sentence.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|[^\W\d_{_HAN}]+")


def count_words(text: str) -> int:
    """Words of ``text``; in Chinese, characters."""
    return len(_WORD.findall(text))


def taken_in(
    batch: Sequence[Spoken], recogniser: Recogniser | None, read_languages: Collection[str] = ()
) -> list[Usable]:
    """What of each review can be used, with what is heard in it where a recogniser listens."""
    parts = [usable(spoken) for spoken in batch]
    if recogniser is not None:
        for spoken, part in zip(batch, parts, strict=True):
            listen(recogniser, spoken, part, read_languages)
    return parts


def listen(
    recogniser: Recogniser, spoken: Spoken, part: Usable, read_languages: Collection[str] = ()
) -> None:
    """Add what is heard in the usable clips of ``spoken`` to ``part.heard``; never raises for its content.

    Why a recording's words do not count is told in ``part.missing`` under ``speech``.

    Args:
        read_languages: that the text model reads; empty where it does not say.
    """
    reasons: list[str] = []
    left = LONGEST
    for number, clip in part.clips:
        if left <= 0:
            reasons.append(TOO_LONG)
            break
        short, left = _beginning(clip, left), left - clip.seconds
        heard = _listen(recogniser, spoken, number, short)
        if isinstance(heard, str):
            reasons.append(heard)
            continue
        why = unfit(heard, read_languages)
        part.heard.append(Heard(number, heard, left_out=why))
        reasons += [why] * bool(why) + [TOO_LONG] * (left < 0)
    for reason in reasons:
        part.miss("speech", reason)


def _beginning(clip: Clip, seconds: float) -> Clip:
    if clip.seconds <= seconds:
        return clip
    return Clip(clip.samples[: int(seconds * clip.rate)], clip.rate)


def _listen(recogniser: Recogniser, spoken: Spoken, number: int, clip: Clip) -> Transcript | str:
    """The transcript of a clip, or why there is none; what was heard before is not listened to again."""
    known = spoken.heard[number] if number < len(spoken.heard) else None
    if known is not None and known.by == recogniser.key:
        return known
    if reason := foreign(spoken, recogniser.languages):
        return reason
    try:
        return recogniser.transcribe(clip)
    except Exception:  # a library may break over odd sound in ways of its own; the review is scored without
        log.exception("%s broke over a recording of %.1f s.", recogniser.key, clip.seconds)
        return FAILED


def foreign(spoken: Spoken, languages: Collection[str]) -> str:
    """Why a recogniser of these languages should not listen to this review; "" where it should.

    One that understands a single language hears it in every noise, so it listens only to those who are known
    to speak it.
    """
    if not languages:
        return ""
    language = (spoken.language or detect_language(spoken.text)).split("-")[0].lower()
    if not language:
        return UNKNOWN_LANGUAGE if len(languages) == 1 else ""
    return "" if language in languages else OTHER_LANGUAGE


def unfit(heard: Transcript, read_languages: Collection[str]) -> str:
    """Why a transcript does not count; "" where it does."""
    count = count_words(heard.text)
    if not count:
        return NO_WORDS
    if count < FEWEST_WORDS:
        return TOO_FEW
    if heard.confidence is not None and heard.confidence < LEAST_CONFIDENCE:
        return TOO_UNSURE
    if read_languages and heard.language and heard.language not in read_languages:
        return UNREAD_LANGUAGE
    return ""


def weight_of(heard: Heard) -> float:
    """How much a transcript counts beside written words: its words, as far as they are sure."""
    sure = 1.0 if heard.transcript.confidence is None else heard.transcript.confidence
    return count_words(heard.transcript.text) * sure


def counting(heard: Sequence[Heard]) -> list[Heard]:
    """Those that were not left out."""
    return [one for one in heard if not one.left_out]


def shared(heard: Sequence[Heard], written_weight: float) -> list[Heard]:
    """The same with their shares of the text channel; those that were left out have none."""
    total = written_weight + sum(weight_of(one) for one in counting(heard))
    return [one if one.left_out else replace(one, share=weight_of(one) / total) for one in heard]
