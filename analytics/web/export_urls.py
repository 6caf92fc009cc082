"""Addresses of exports and saved views, below /analytics/."""

from django.urls import URLPattern, path

from analytics.web import exports, views_saved

urlpatterns: list[URLPattern] = [
    path("sentiment/export/<str:kind>/", exports.export, name="sentiment_export"),
    path("sentiment/exports/<int:pk>/", exports.job, name="sentiment_export_job"),
    path("sentiment/exports/<int:pk>/file/", exports.fetch, name="sentiment_export_file"),
    path("sentiment/exports/<int:pk>/cancel/", exports.cancel, name="sentiment_export_cancel"),
    path("sentiment/views/", views_saved.views, name="sentiment_views"),
    path("sentiment/views/save/", views_saved.save, name="sentiment_view_save"),
    path("sentiment/views/<int:pk>/", views_saved.view, name="sentiment_view"),
    path("sentiment/views/<int:pk>/rename/", views_saved.rename, name="sentiment_view_rename"),
    path("sentiment/views/<int:pk>/send/", views_saved.send, name="sentiment_view_send"),
    path("sentiment/views/<int:pk>/delete/", views_saved.delete, name="sentiment_view_delete"),
]
