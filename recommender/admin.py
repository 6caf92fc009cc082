"""The database pages for superusers: everything that the site's own pages do not offer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recommender import models
from recommender.errors import RecommenderError
from recommender.services.catalogue import currency_code, note_changes


class ReadOnly(admin.ModelAdmin):
    """Rows that only the machinery writes; they can be looked at and deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TellsError:
    """Shows what went wrong in the reader's language; the columns themselves hold the English."""

    @admin.display(description=_("error"))
    def told_error(self, row: models.Media | models.ImportBatch) -> str:
        return f"{row.told_error} {row.told_remedy}".strip()


class TellsReason:
    """Shows reason and remedy in the reader's language; the columns themselves hold the English."""

    @admin.display(description=_("reason"))
    def told_reason(self, row: models.ImportIssue) -> str:
        return row.told_reason

    @admin.display(description=_("remedy"))
    def told_remedy(self, row: models.ImportIssue) -> str:
        return row.told_remedy


class MediaInline(TellsError, admin.TabularInline):
    model = models.Media
    fk_name = "item"
    extra = 0
    fields = ("kind", "position", "state", "file", "source", "told_error")
    readonly_fields = ("state", "file", "told_error")
    show_change_link = True


@admin.register(models.Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("path", "name_zh", "depth")
    list_filter = ("depth",)
    search_fields = ("path", "name_zh")
    autocomplete_fields = ("parent",)


class ItemForm(forms.ModelForm):
    """An item by hand; its currency is read as an import reads it. A price needs none, nor it a price."""

    def clean_currency(self) -> str:
        try:
            return currency_code(self.cleaned_data["currency"])
        except RecommenderError as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(models.Item)
class ItemAdmin(admin.ModelAdmin):
    form = ItemForm
    list_display = ("title", "external_id", "category", "price", "currency", "availability", "updated_at")
    list_filter = ("availability", "language", "currency")
    list_select_related = ("category",)
    search_fields = ("title", "title_zh", "external_id")
    autocomplete_fields = ("category",)
    readonly_fields = ("content_hash", "created_at", "updated_at")
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = (MediaInline,)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        note_changes(obj, form.changed_data)


@admin.register(models.Media)
class MediaAdmin(admin.ModelAdmin):
    list_display = ("id", "kind", "state", "item", "source", "bytes", "updated_at")
    list_filter = ("state", "kind")
    list_select_related = ("item",)
    search_fields = ("checksum", "source", "item__external_id")
    autocomplete_fields = ("item", "review")
    readonly_fields = ("created_at", "updated_at", "checksum")
    show_full_result_count = False


@admin.register(models.Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ("user", "item", "rating", "language", "created_at")
    list_filter = ("rating", "language")
    list_select_related = ("user", "item")
    search_fields = ("text", "user__username", "item__external_id", "external_id")
    autocomplete_fields = ("user", "item")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(models.Interaction)
class InteractionAdmin(admin.ModelAdmin):
    list_display = ("created_at", "user", "visitor", "kind", "item", "value")
    list_filter = ("kind",)
    list_select_related = ("user", "item")
    search_fields = ("user__username", "visitor", "item__external_id")
    autocomplete_fields = ("user", "item")
    raw_id_fields = ("impression",)
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(models.Impression)
class ImpressionAdmin(ReadOnly):
    list_display = ("created_at", "surface", "rank", "item", "user", "source", "model")
    list_filter = ("surface", "source", "model")
    list_select_related = ("item", "user")
    search_fields = ("answer", "item__external_id", "user__username")
    show_full_result_count = False


@admin.register(models.Profile)
class ProfileAdmin(admin.ModelAdmin):
    list_display = ("user", "display_name", "language", "theme")
    list_filter = ("language", "theme")
    list_select_related = ("user",)
    search_fields = ("user__username", "display_name")
    autocomplete_fields = ("user",)


@admin.register(models.ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "user", "created_at", "last_used_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")


class IssueInline(TellsReason, admin.TabularInline):
    model = models.ImportIssue
    extra = 0
    max_num = 0
    can_delete = False
    fields = ("row", "column", "value", "told_reason", "told_remedy")
    readonly_fields = fields
    ordering = ("row",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # A page of ten thousand refused rows helps nobody: the CSV on the import's own page has them all.
        first = super().get_queryset(request).order_by("row").values("pk")[:100]
        return super().get_queryset(request).filter(pk__in=list(first.values_list("pk", flat=True)))


@admin.register(models.ImportBatch)
class ImportBatchAdmin(ReadOnly):
    list_display = ("filename", "kind", "state", "created", "updated", "rejected", "owner", "created_at")
    list_filter = ("state", "kind", "format")
    list_select_related = ("owner",)
    search_fields = ("filename", "checksum")
    date_hierarchy = "created_at"


@admin.register(models.ImportIssue)
class ImportIssueAdmin(TellsReason, ReadOnly):
    list_display = ("batch", "row", "column", "taken", "told_reason")
    list_filter = ("taken",)
    list_select_related = ("batch",)
    search_fields = ("reason", "value", "batch__filename")
    show_full_result_count = False


@admin.register(models.EncoderSpace)
class EncoderSpaceAdmin(ReadOnly):
    list_display = ("key", "spec", "state", "created_at", "activated_at")
    list_filter = ("state",)
    search_fields = ("name", "spec")


@admin.register(models.Embedding)
class EmbeddingAdmin(ReadOnly):
    list_display = ("id", "space", "modality", "state", "item", "media")
    list_filter = ("state", "modality", "space")
    list_select_related = ("space", "item", "media")
    search_fields = ("item__external_id",)
    exclude = ("vector",)
    show_full_result_count = False


@admin.register(models.IndexSnapshot)
class IndexSnapshotAdmin(ReadOnly):
    list_display = ("path", "space", "state", "items", "seconds", "created_at")
    list_filter = ("state", "space")
    list_select_related = ("space",)


@admin.register(models.ModelVersion)
class ModelVersionAdmin(ReadOnly):
    list_display = ("path", "kind", "state", "seconds", "created_at")
    list_filter = ("kind", "state")


@admin.register(models.Job)
class JobAdmin(ReadOnly):
    list_display = ("label", "kind", "state", "stage", "done", "total", "owner", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("label", "kind", "error")
    date_hierarchy = "created_at"
