"""Addresses of the report, below /analytics/."""

from django.urls import URLPattern, path

from analytics.web import (
    alerts,
    compare,
    disagreements,
    items,
    mismatch,
    model,
    overview,
    queue,
    review,
    reviews,
    terms,
)
from analytics.web.export_urls import urlpatterns as export_urls

urlpatterns: list[URLPattern] = [
    path("sentiment/", overview.overview, name="sentiment"),
    path("sentiment/compare/", compare.compare, name="sentiment_compare"),
    path("sentiment/terms/", terms.terms, name="sentiment_terms"),
    path("sentiment/reviews/", reviews.reviews, name="sentiment_reviews"),
    path("sentiment/items/", items.find, name="sentiment_items"),
    path("sentiment/review/<int:pk>/", review.review, name="sentiment_review"),
    path("sentiment/review/<int:pk>/regions/", review.review_regions, name="sentiment_regions"),
    # -- what analysts say
    path("sentiment/queue/", queue.queue, name="sentiment_queue"),
    path("sentiment/mismatch/", mismatch.likely, name="sentiment_mismatch"),
    path("sentiment/correct/", review.correct, name="sentiment_correct"),
    path("sentiment/undo/<int:pk>/", review.undo, name="sentiment_undo"),
    path("sentiment/disagreements/", disagreements.disagreements, name="sentiment_disagreements"),
    path("sentiment/disagreements/<int:pk>/", disagreements.settle, name="sentiment_settle"),
    path("sentiment/alerts/", alerts.alerts, name="sentiment_alerts"),
    path("sentiment/alerts/<int:pk>/seen/", alerts.change, {"act": "seen"}, name="sentiment_alert_seen"),
    path("sentiment/alerts/<int:pk>/close/", alerts.change, {"act": "close"}, name="sentiment_alert_close"),
    path("sentiment/alerts/<int:pk>/tell/", alerts.change, {"act": "tell"}, name="sentiment_alert_tell"),
    # -- the model
    path("sentiment/model/", model.model, name="sentiment_model"),
    path("sentiment/model/retrain/", model.retrain, name="sentiment_retrain"),
    path("sentiment/model/<int:pk>/live/", model.go_live, name="sentiment_go_live"),
    path("sentiment/model/back/", model.roll_back, name="sentiment_roll_back"),
    *export_urls,
]
