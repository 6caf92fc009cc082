"""Recognisers that hear what a test wants them to."""

from __future__ import annotations

from collections.abc import Mapping

from analytics.contracts import Transcript
from analytics.engine.sentiment.recogniser_words import Timed, transcript
from recommender.contracts import Clip


class PlantedRecogniser:
    """Hears the same words in every recording, a word each half second; ``by_seconds`` by its length."""

    def __init__(
        self,
        words: str = "the price is bad",
        *,
        languages: frozenset[str] = frozenset({"en"}),
        language: str = "en",
        confidence: float | None = 0.9,
        by_seconds: Mapping[int, str] | None = None,
        key: str = "planted@1",
    ) -> None:
        self.key, self.languages = key, languages
        self._words, self._language, self._confidence = words, language, confidence
        self._by_seconds = by_seconds or {}
        self.listened: list[float] = []

    def transcribe(self, clip: Clip) -> Transcript:
        self.listened.append(clip.seconds)
        text = self._by_seconds.get(round(clip.seconds), self._words)
        if text == "explode":
            raise RuntimeError("it exploded")
        timed = [
            Timed(word, number / 2, number / 2 + 0.4, self._confidence)
            for number, word in enumerate(text.split())
        ]
        return transcript(text, timed, self.key, language=self._language, confidence=self._confidence)
