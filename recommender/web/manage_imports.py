"""Bringing catalogues in: upload, check the mapping, start, follow, download what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST, require_safe

from recommender.engine.formats.fields import ATTRIBUTE_PREFIX
from recommender.errors import RecommenderError
from recommender.models import ImportBatch, ImportIssue, Media
from recommender.models.telling import translated_error
from recommender.services import imports
from recommender.web.access import MANAGE_CATALOGUE, needs
from recommender.web.feed import filling_now
from recommender.web.jobs import pace

PAGE = 25
ISSUES_SHOWN = 50
PREVIEW_ROWS = 5
#: So long after an import its page still tells how far media and words are.
_FOLLOWED = timedelta(hours=1)
#: canonical field: what people call it
FIELD_LABELS: dict[str, Any] = {
    "external_id": gettext_lazy("External id"),
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "title_zh": gettext_lazy("Chinese title"),
    "description_zh": gettext_lazy("Chinese description"),
    "language": gettext_lazy("Language"),
    "category": gettext_lazy("Category, a path"),
    "category_zh": gettext_lazy("Category in Chinese"),
    "categories": gettext_lazy("Several categories"),
    "published_at": gettext_lazy("Published on"),
    "price": gettext_lazy("Price"),
    "currency": gettext_lazy("Currency"),
    "availability": gettext_lazy("Availability"),
    "image_paths": gettext_lazy("Pictures, files"),
    "image_urls": gettext_lazy("Pictures, addresses"),
    "image_captions": gettext_lazy("Captions of the pictures"),
    "audio_paths": gettext_lazy("Sounds, files"),
    "audio_urls": gettext_lazy("Sounds, addresses"),
    "video_paths": gettext_lazy("Films, files"),
    "video_urls": gettext_lazy("Films, addresses"),
    "attributes": gettext_lazy("Attributes, as JSON"),
    "user": gettext_lazy("Person"),
    "item": gettext_lazy("Item"),
    "kind": gettext_lazy("Kind of event"),
    "value": gettext_lazy("Value"),
    "timestamp": gettext_lazy("Time"),
    "text": gettext_lazy("Text"),
    "rating": gettext_lazy("Stars"),
    "photo_paths": gettext_lazy("Photos, files"),
    "photo_urls": gettext_lazy("Photos, addresses"),
}
_NOT_WHOLE = gettext_lazy("What is named here was left out; everything else of the row is in.")
_OPEN = {ImportBatch.State.QUEUED, ImportBatch.State.RUNNING}


@require_safe
@needs(MANAGE_CATALOGUE)
def batches(request: HttpRequest) -> HttpResponseBase:
    """The upload box and every import so far."""
    page = Paginator(ImportBatch.objects.all(), PAGE).get_page(request.GET.get("page"))
    context = {"section": "manage", "tab": "imports", "batches": list(page), "page": page}
    return render(request, "manage/imports.html", context)


@needs(MANAGE_CATALOGUE)
def upload(request: HttpRequest) -> HttpResponseBase:
    """Take a file in: 201 and the address of its page, or 422 and what is wrong with it."""
    wants_json = "application/json" in request.headers.get("Accept", "")
    if request.method != "POST":
        return render(request, "manage/upload.html", {"section": "manage", "tab": "imports"})
    file = request.FILES.get("file")
    problem = "" if file else _("No file was chosen.")
    if file:
        try:
            batch = imports.receive_upload(file, owner=request.user)
        except RecommenderError as error:
            problem = translated_error(error)
        else:
            address = reverse("import", args=[batch.pk])
            return JsonResponse({"url": address}, status=201) if wants_json else redirect(address)
    if wants_json:
        return JsonResponse({"error": problem}, status=422)
    messages.error(request, problem)
    return render(request, "manage/upload.html", {"section": "manage", "tab": "imports"}, status=422)


@require_safe
@needs(MANAGE_CATALOGUE)
def batch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One import: its mapping before the start, its progress and its outcome after."""
    found = get_object_or_404(ImportBatch.objects.select_related("job", "owner"), pk=pk)
    fragment = bool(request.headers.get("HX-Request"))
    context: dict[str, Any] = {"section": "manage", "tab": "imports", "batch": found}
    if found.state == ImportBatch.State.UPLOADED:
        context |= _mapping(found, request.GET.get("kind") or found.kind)
        template = "manage/mapping_table.html" if fragment else "manage/import.html"
    else:
        context |= _progress(request, found)
        template = "manage/import_progress.html" if fragment else "manage/import.html"
    return render(request, template, context)


def _mapping(found: ImportBatch, kind: str, given: dict[str, str] | None = None) -> dict[str, Any]:
    """Columns, fields and first rows for the mapping page; ``problem`` where the file cannot be read so.

    Args:
        given: the reading of the form, where it is not the one that was guessed.
    """
    kind = kind if kind in ImportBatch.Kind.values else ImportBatch.Kind.ITEM
    base = {"kinds": ImportBatch.Kind.choices, "kind": kind}
    try:
        view = imports.preview(found, kind, rows=PREVIEW_ROWS)
    except RecommenderError as error:
        return base | {"problem": translated_error(error)}
    mapping = view.mapping if given is None else given
    chosen = set(mapping.values())
    known = [{"value": one.name, "label": FIELD_LABELS.get(one.name, one.name)} for one in view.fields]
    return base | {
        "columns": [_column(name, mapping.get(name, ""), kind) for name in view.columns],
        "fields": known,
        "preview": [[row.get(column, "") for column in view.columns] for row in view.rows],
        "missing": ", ".join(
            str(FIELD_LABELS.get(one.name, one.name))
            for one in view.fields
            if one.required and one.name not in chosen
        ),
    }


def _column(name: str, field: str, kind: str) -> dict[str, str]:
    """One column of the mapping table; of an item it may also become an attribute under its own name."""
    attribute = field if field.startswith(ATTRIBUTE_PREFIX) else f"{ATTRIBUTE_PREFIX}{name}"
    return {"name": name, "field": field, "attribute": attribute if kind == ImportBatch.Kind.ITEM else ""}


def _progress(request: HttpRequest, found: ImportBatch) -> dict[str, Any]:
    """How far it got, what came of it, and the first refused rows."""
    parts = [
        _faults(_("Rows that were refused"), found.issues.filter(taken=False), most=imports.MAX_ISSUES),
        _faults(
            _("Rows that went in, but not whole"),
            found.issues.filter(taken=True),
            most=imports.MAX_NOTES,
            about=_NOT_WHOLE,
        ),
    ]
    counts = [
        {"label": _("New"), "value": found.created},
        {"label": _("Changed"), "value": found.updated},
        {"label": _("Same as before"), "value": found.unchanged},
        {"label": _("Retired"), "value": found.retired},
        {"label": _("Media"), "value": found.media_added},
        {"label": _("Refused"), "value": found.rejected, "bad": bool(found.rejected)},
    ]
    becoming = _becoming(found)
    under_way = found.state in _OPEN
    return {
        "under_way": under_way,
        "live": under_way or any(step["done"] < step["total"] for step in becoming),
        "becoming": becoming,
        "siblings": list(ImportBatch.objects.filter(path=found.path).exclude(pk=found.pk).order_by("pk")),
        "job": found.job,
        "counts": counts,
        "faults": [part for part in parts if part["issues"]],
        **pace(request),
    }


def _faults(title: str, issues: QuerySet[ImportIssue], *, most: int, about: Any = "") -> dict[str, Any]:
    """The first of some faults, and how many more there are; ``about``: what is said of rows that went in."""
    kept = issues.count()
    return {
        "title": title,
        "about": about,
        "issues": list(issues[:ISSUES_SHOWN]),
        "left": max(0, kept - ISSUES_SHOWN),
        "most": most if kept >= most else 0,
    }


def _becoming(found: ImportBatch) -> list[dict[str, Any]]:
    """How far the whole catalogue's media and words are, while what the batch brought is on its way."""
    ended = found.finished_at
    if found.kind != ImportBatch.Kind.ITEM or (ended and timezone.now() - ended > _FOLLOWED):
        return []
    if not (found.created or found.updated or found.media_added):
        return []
    over = Q(state__in=[Media.State.READY, Media.State.FAILED])
    media = Media.objects.aggregate(
        total=Count("pk"), done=Count("pk", over), failed=Count("pk", Q(state=Media.State.FAILED))
    )
    steps = [{"label": _("Pictures, sounds and films prepared"), **media}]
    if words := filling_now():
        steps.append({"label": _("Items encoded"), **words})
    return steps if any(step["done"] < step["total"] for step in steps) else []


@require_POST
@needs(MANAGE_CATALOGUE)
def start(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Begin with the mapping of the form."""
    found = get_object_or_404(ImportBatch, pk=pk)
    lead = "column:"
    read = {name[len(lead) :]: value for name, value in request.POST.items() if name.startswith(lead)}
    mapping = {column: field for column, field in read.items() if field}
    kind = request.POST.get("kind", "")
    try:
        imports.start(
            found,
            kind=kind,
            mapping=mapping,
            options={"retire_missing": "retire_missing" in request.POST},
        )
    except RecommenderError as error:
        messages.error(request, translated_error(error))
        if found.state == ImportBatch.State.UPLOADED:  # with what was chosen, to be corrected
            context = {"section": "manage", "tab": "imports", "batch": found}
            context |= _mapping(found, kind or found.kind, mapping)
            return render(request, "manage/import.html", context, status=422)
    return redirect("import", pk)


@require_POST
@needs(MANAGE_CATALOGUE)
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Discard a file that was not started, or stop the import after the rows it is at."""
    imports.cancel(get_object_or_404(ImportBatch, pk=pk))
    return redirect("import", pk)


@require_GET
@needs(MANAGE_CATALOGUE)
def issues_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The refused rows as a CSV that can be corrected and uploaded again; ?taken=1: those not whole."""
    found = get_object_or_404(ImportBatch, pk=pk)
    taken = request.GET.get("taken") == "1"
    lines = imports.issues_csv(found, taken=taken)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"not-whole-{found.pk}.csv" if taken else f"refused-{found.pk}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
