"""What a review feels: text, image and speech each by a model of its own, then all together.

Importing this package loads neither weights nor what compiles loops over words. ``load_scorer()`` gives a
``Scorer``; ``scorer_retraining.retrain`` makes the next one.
"""

from analytics.engine.sentiment.image import ImageModel
from analytics.engine.sentiment.scorer import Scorer
from analytics.engine.sentiment.scorer_loading import load_scorer
from analytics.engine.sentiment.speech import SpeechModel

__all__ = ["ImageModel", "Scorer", "SpeechModel", "load_scorer"]
