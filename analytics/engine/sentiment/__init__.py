"""What a review feels: text, image and speech each by a model of its own, then all together.

Loading is light: importing this package loads no weights. ``load_scorer()`` gives a ``Scorer``.
"""

from analytics.engine.sentiment.image import ImageModel
from analytics.engine.sentiment.scorer import Scorer
from analytics.engine.sentiment.scorer_loading import load_scorer
from analytics.engine.sentiment.speech import SpeechModel

__all__ = ["ImageModel", "Scorer", "SpeechModel", "load_scorer"]
