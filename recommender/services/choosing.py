"""What operators choose by hand: the index before, another encoder space; and the end of that choice."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import Embedding, EncoderSpace, IndexSnapshot
from recommender.said import gettext_noop as _
from recommender.services.calls import call_once
from recommender.services.index import promote
from recommender.services.snapshots import is_kept
from recommender.services.versions import flip


def snapshot_before(space: EncoderSpace) -> IndexSnapshot | None:
    """The newest snapshot that served before the one of now, and that is still kept."""
    serving = IndexSnapshot.objects.serving(space)
    if serving is None:
        return None
    rows = IndexSnapshot.objects.filter(
        space=space, state=IndexSnapshot.State.RETIRED, created_at__lt=serving.created_at
    )
    there = (row for row in rows.order_by("-pk") if is_kept(row))
    return next(there, None)


def roll_back_index() -> IndexSnapshot:
    """Let the snapshot before serve, and no other be built until somebody asks or says to go on.

    What was encoded since is not lost to search: readers follow the vectors that a snapshot lacks.

    Raises:
        RecommenderError: there is none before.
    """
    with transaction.atomic():
        # Against a build that is about to flip.
        space = EncoderSpace.objects.select_for_update().active()
        before = snapshot_before(space) if space else None
        if before is None:
            raise RecommenderError(
                _("There is no earlier snapshot of the index."), _("Rebuild the index instead.")
            )
        before.held_at = timezone.now()
        flip(before, space=space)
    return before


def spaces_to_choose() -> QuerySet[EncoderSpace]:
    """Spaces that do not serve and still have vectors, the newest first."""
    vectors = Embedding.objects.filter(space=OuterRef("pk"), state=Embedding.State.READY)
    others = EncoderSpace.objects.exclude(state=EncoderSpace.State.ACTIVE)
    return others.filter(Exists(vectors)).order_by("-pk")


def serve_space(space_id: int) -> bool:
    """Let another space serve, once its index is built, until somebody says to go on.

    Returns:
        False while another build is under way; then it has to be asked again.

    Raises:
        RecommenderError: it has no vectors any more.
    """
    space = spaces_to_choose().filter(pk=space_id).first()
    if space is None:
        raise RecommenderError(_("That encoder space has no vectors any more."), _("Choose another one."))
    # Before it serves, so that no rebuild in between takes it back.
    EncoderSpace.objects.filter(pk=space.pk).update(pinned_at=timezone.now())
    if promote(space) is None:
        return False
    EncoderSpace.objects.exclude(pk=space.pk).update(pinned_at=None)
    return True


def go_on() -> None:
    """Index and encoder follow the catalogue and the settings again."""
    IndexSnapshot.objects.filter(held_at__isnull=False).update(held_at=None)
    EncoderSpace.objects.filter(pinned_at__isnull=False).update(pinned_at=None)
    call_once("rebuild_index")
