"""Where the site stands, for the pages of those who run it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from recommender.models import EncoderSpace, IndexSnapshot, Item, Media, ModelVersion


def facts() -> list[dict[str, Any]]:
    """Label, value and note of each figure on the jobs page."""
    space = EncoderSpace.objects.active()
    snapshot = IndexSnapshot.objects.serving(space) if space else None
    graph = ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE).first()
    media = Media.objects.filter(item__isnull=False)
    return [
        {"label": _("Items shown"), "value": Item.objects.available().count(), "note": ""},
        {
            "label": _("Media ready"),
            "value": f"{media.ready().count()} / {media.count()}",
            "note": "",
        },
        {
            "label": _("Items in the index"),
            "value": snapshot.items if snapshot else 0,
            "note": space.key if space else _("no encoder space yet"),
        },
        {
            "label": _("Item graph"),
            "value": _("serving") if graph else _("not built yet"),
            "note": graph.path if graph else "",
        },
    ]
