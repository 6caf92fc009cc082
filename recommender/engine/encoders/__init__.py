"""Encoders: pictures, words and sounds to unit vectors in one space. Importing this loads no torch."""

from recommender.engine.encoders.base import DEFAULT_ENCODER, Encoder, EncoderCard, EncoderInfo
from recommender.engine.encoders.calibration import Calibration, similarity_calibration
from recommender.engine.encoders.pipeline import FileVector, encode_image_files
from recommender.engine.encoders.registry import available_encoders, encoder_card, load_encoder, space_key
from recommender.engine.encoders.specifications import Mistake, mistake_in

__all__ = [
    "DEFAULT_ENCODER",
    "Calibration",
    "Encoder",
    "EncoderCard",
    "EncoderInfo",
    "FileVector",
    "Mistake",
    "available_encoders",
    "encode_image_files",
    "encoder_card",
    "load_encoder",
    "mistake_in",
    "similarity_calibration",
    "space_key",
]
