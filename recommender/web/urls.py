"""Addresses of the site's own pages."""

from django.urls import URLPattern, path, re_path

from recommender.web import (
    actions,
    favicon,
    feed,
    history,
    item,
    jobs,
    manage_imports,
    manage_items,
    media,
    preferences,
    search,
    shortcuts,
)

urlpatterns: list[URLPattern] = [
    # -- browsing
    path("", feed.feed, name="feed"),
    path("filling/", feed.filling, name="filling"),
    path("search/", search.search, name="search"),
    path("search/media/", search.search_media, name="search_media"),
    path("item/<int:pk>/", item.item, name="item"),
    path("item/<int:pk>/why/", item.why, name="why"),
    path("item/<int:pk>/review/", item.review, name="review"),
    path("item/<int:pk>/act/<slug:kind>/", actions.act, name="act"),
    path("undo/<int:pk>/", actions.undo, name="undo"),
    path("history/", history.history, name="history"),
    path("saved/", history.saved, name="saved"),
    path("shortcuts/", shortcuts.shortcuts, name="shortcuts"),
    re_path(r"^media/(?P<path>.+)$", media.media, name="media"),
    # -- how the site looks and the feed is mixed
    path("favicon.ico", favicon.favicon, name="favicon"),
    path("preferences/theme/", preferences.choose_theme, name="choose_theme"),
    path("preferences/language/", preferences.choose_language, name="choose_language"),
    path("preferences/mixture/", preferences.mixture, name="mixture"),
    # -- the catalogue
    path("manage/", manage_imports.batches, name="imports"),
    path("manage/upload/", manage_imports.upload, name="upload"),
    path("manage/imports/<int:pk>/", manage_imports.batch, name="import"),
    path("manage/imports/<int:pk>/start/", manage_imports.start, name="import_start"),
    path("manage/imports/<int:pk>/cancel/", manage_imports.cancel, name="import_cancel"),
    path("manage/imports/<int:pk>/refused.csv", manage_imports.issues_csv, name="import_issues"),
    path("manage/items/", manage_items.items, name="manage_items"),
    path("manage/items/<int:pk>/", manage_items.item, name="manage_item"),
    path(
        "manage/items/<int:pk>/availability/<slug:state>/",
        manage_items.availability,
        name="item_availability",
    ),
    path("manage/media/", manage_items.failed_media, name="failed_media"),
    path("manage/media/retry/", manage_items.retry_all, name="media_retry_all"),
    path("manage/media/<int:pk>/retry/", manage_items.retry, name="media_retry"),
    # -- long work
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job_cancel"),
]
