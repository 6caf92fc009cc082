"""From what people upload to what encoders read: pure functions over text, pictures, sound and film."""

from recommender.engine.preprocess.audio import MEL_BANDS, load_clip, log_mel
from recommender.engine.preprocess.image import MAX_PIXELS, THUMBNAIL_SIZES, open_image, thumbnails
from recommender.engine.preprocess.probe import MediaFacts, probe_media
from recommender.engine.preprocess.sniff import MediaType, sniff_media
from recommender.engine.preprocess.text import clean_text, detect_language, normalise_text
from recommender.engine.preprocess.video import key_frames, poster

__all__ = [
    "MAX_PIXELS",
    "MEL_BANDS",
    "THUMBNAIL_SIZES",
    "MediaFacts",
    "MediaType",
    "clean_text",
    "detect_language",
    "key_frames",
    "load_clip",
    "log_mel",
    "normalise_text",
    "open_image",
    "poster",
    "probe_media",
    "sniff_media",
    "thumbnails",
]
