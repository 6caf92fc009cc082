"""Drawing and signal colour of each channel; the colours are those of the recommender's reasons."""

from __future__ import annotations

CHANNEL_ICONS = {"text": "quote", "image": "photo", "speech": "microphone"}
CHANNEL_COLOURS = {"text": "text", "image": "image", "speech": "audio"}
