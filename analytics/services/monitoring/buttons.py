"""The buttons there are: index, encoder, media, cleaning up. Importing declares them."""

from __future__ import annotations

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.actions import Choice, Plan, action
from analytics.services.monitoring.words import share, size, span
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Media
from recommender.said import Said, ngettext_noop, quoted, say
from recommender.services import choosing, encoding_job, preprocess, sweep
from recommender.services.calls import call_task

#: Reasons of failed files to choose from.
MOST_REASONS = 20
_ITEMS = ngettext_noop("{n} item", "{n} items")

# -- looking again ------------------------------------------------------------------------------------------


def _plan_recheck(now: float) -> Plan:
    return Plan(
        say(_("Every part is looked at anew, and the workers try their encoder again. Nothing is changed."))
    )


@action(
    "recheck",
    gettext_lazy("Check again"),
    "refresh",
    _plan_recheck,
    gettext_lazy("Looks at every part anew and has the workers try their encoder."),
)
def recheck(choice: str) -> Said:
    """The workers that encode say by themselves how their next task goes."""
    space = EncoderSpace.objects.active()
    if space is not None:
        call_task("encode_query", {"space": space.key, "parts": [{"modality": "text", "text": "ready"}]})
    call_task("encode_pending")
    return say(_("Everything is looked at anew; what workers say follows in a few seconds."))


# -- index --------------------------------------------------------------------------------------------------


def _plan_rebuild(now: float) -> Plan:
    space = EncoderSpace.objects.active()
    if space is None:
        return Plan(say(_("There is nothing to build an index of yet.")), possible=False)
    vectors = space.embeddings.ready().count()
    serving = IndexSnapshot.objects.serving(space)
    if serving is None or serving.seconds is None:
        text = ngettext_noop("The index is built of {n} vector.", "The index is built of {n} vectors.")
        return Plan(say(text, n=vectors))
    return Plan(
        say(
            ngettext_noop(
                "The index is built anew of {n} vector; the last time it took {seconds}. "
                "Until then the present one serves.",
                "The index is built anew of {n} vectors; the last time it took {seconds}. "
                "Until then the present one serves.",
            ),
            n=vectors,
            seconds=f"{serving.seconds:.2g} s",
        )
    )


@action(
    "rebuild_index",
    gettext_lazy("Rebuild the index"),
    "reload",
    _plan_rebuild,
    gettext_lazy("Builds the index of search and feed anew of all vectors."),
)
def rebuild_index(choice: str) -> Said:
    call_task("rebuild_index", True)
    return say(_("The index is being rebuilt."))


def _plan_roll_back(now: float) -> Plan:
    space = EncoderSpace.objects.active()
    serving = IndexSnapshot.objects.serving(space) if space else None
    before = choosing.snapshot_before(space) if space else None
    if serving is None or before is None:
        return Plan(say(_("There is no earlier snapshot whose files are still there.")), possible=False)
    return Plan(
        say(
            _(
                "The snapshot made {before} ago, of {items}, serves in place of that made {now} ago, "
                "of {present}. What was encoded since is still found. "
                "No other is built by itself until you say so."
            ),
            before=span(now - before.created_at.timestamp()),
            items=say(_ITEMS, n=before.items),
            now=span(now - serving.created_at.timestamp()),
            present=say(_ITEMS, n=serving.items),
        )
    )


@action(
    "roll_back_index",
    gettext_lazy("Go back to the snapshot before"),
    "history",
    _plan_roll_back,
    gettext_lazy(
        "Lets the earlier snapshot of the index serve, such as when the newest finds the wrong things."
    ),
)
def roll_back_index(choice: str) -> Said:
    row = choosing.roll_back_index()
    text = ngettext_noop(
        "The earlier snapshot serves, {path} with {n} item.",
        "The earlier snapshot serves, {path} with {n} items.",
    )
    return say(text, path=row.path, n=row.items)


def _plan_go_on(now: float) -> Plan:
    held = IndexSnapshot.objects.filter(held_at__isnull=False, state=IndexSnapshot.State.ACTIVE).count()
    pinned = EncoderSpace.objects.filter(pinned_at__isnull=False).count()
    if not held and not pinned:
        return Plan(say(_("Nothing was chosen by hand: all goes on by itself.")), possible=False)
    return Plan(
        say(
            _(
                "Index and encoder follow the catalogue and the settings again; "
                "chosen by hand so far: snapshots {held}, encoders {pinned}."
            ),
            held=held,
            pinned=pinned,
        )
    )


@action(
    "go_on",
    gettext_lazy("Go on by itself"),
    "player-play",
    _plan_go_on,
    gettext_lazy("Takes back a choice of snapshot or encoder made by hand."),
)
def go_on(choice: str) -> Said:
    choosing.go_on()
    return say(_("Index and encoder go on by themselves."))


# -- encoder ------------------------------------------------------------------------------------------------


def _plan_switch(now: float) -> Plan:
    active = EncoderSpace.objects.active()
    wanted = active.embeddings.ready().count() if active else 0
    choices = []
    for space in choosing.spaces_to_choose():
        count = space.embeddings.ready().count()
        label = say(
            ngettext_noop(
                "{name}: {n} vector, {share} of those of now", "{name}: {n} vectors, {share} of those of now"
            ),
            name=space.name,
            n=count,
            share=share(count / wanted) if wanted else "–",
        )
        choices.append(Choice(str(space.pk), label))
    if not choices:
        return Plan(say(_("No other encoder has any vectors.")), possible=False)
    return Plan(
        say(
            _(
                "Search and feed use the vectors of another encoder, once their index is built. "
                "What it does not know is found by words only. It stays until you press “Go on by itself”."
            )
        ),
        choices=tuple(choices),
    )


@action(
    "switch_space",
    gettext_lazy("Let another encoder serve"),
    "arrows-shuffle",
    _plan_switch,
    gettext_lazy("Lets search and feed use the vectors of another encoder that there are already."),
)
def switch_space(choice: str) -> Said:
    space = choosing.spaces_to_choose().get(pk=int(choice))
    call_task("serve_space", space.pk)
    return say(_("{name} serves as soon as its index is built."), name=space.name)


def _plan_embed(now: float) -> Plan:
    missing, failed = encoding_job.count_missing(), encoding_job.count_failed()
    if not missing and not failed:
        return Plan(say(_("No vector is missing.")), possible=False)
    return Plan(
        say(
            ngettext_noop(
                "The encode worker makes {n} vector that is missing "
                "and tries {failed} again that could not be made.",
                "The encode worker makes {n} vectors that are missing "
                "and tries {failed} again that could not be made.",
            ),
            n=missing,
            failed=failed,
        )
    )


@action(
    "embed_missing",
    gettext_lazy("Encode what is missing"),
    "stack-2",
    _plan_embed,
    gettext_lazy("Makes the vectors that are missing and tries those again that could not be made."),
)
def embed_missing(choice: str) -> Said:
    encoding_job.encode_again()
    return say(_("The encode worker has been asked."))


# -- media and cleaning up ----------------------------------------------------------------------------------


def _plan_retry(now: float) -> Plan:
    failed = Media.objects.failed().count()
    unmade = Embedding.objects.filter(state=Embedding.State.FAILED, media__isnull=False)
    unread = unmade.values("media").distinct().count()
    if not failed and not unread:
        return Plan(say(_("No file has failed.")), possible=False)
    rows = (
        Media.objects.failed()
        .exclude(error="")
        .values("error")
        .annotate(n=Count("pk"), last=Max("pk"))
        .order_by("-n", "error")[:MOST_REASONS]
    )
    choices = [Choice("", say(_("All of them")))]
    samples = Media.objects.in_bulk([row["last"] for row in rows])
    for row in rows:
        one = samples.get(row["last"])
        error = one.sentence("error") if one else row["error"]
        choices.append(Choice(row["error"], say(_("{n} with: {error}"), n=row["n"], error=quoted(error))))
    return Plan(
        say(
            ngettext_noop(
                "{n} file that could not be prepared, and {unread} that could not be encoded, "
                "are tried again.",
                "{n} files that could not be prepared, and {unread} that could not be encoded, "
                "are tried again.",
            ),
            n=failed,
            unread=unread,
        ),
        choices=tuple(choices),
    )


@action(
    "retry_media",
    gettext_lazy("Try failed files again"),
    "photo",
    _plan_retry,
    gettext_lazy("Tries files again that could not be prepared or encoded, all or those with one error."),
)
def retry_media(choice: str) -> Said:
    if not choice:
        count = preprocess.retry_failed()
    else:
        alike = Media.objects.failed().filter(error=choice)
        count = preprocess.retry_media(alike.values_list("pk", flat=True))
    return say(_("Files that are tried again: {n}."), n=count)


def _plan_prune(now: float) -> Plan:
    found = sweep.would_go()
    if not found.rows and not found.files:
        return Plan(say(_("There is nothing that nobody needs.")), possible=False)
    return Plan(
        say(
            _(
                "Removed for good: {rows} (old impressions, vectors of former encoders, old snapshots) "
                "and {files} of {size}."
            ),
            rows=say(ngettext_noop("{n} row", "{n} rows"), n=found.rows),
            files=say(ngettext_noop("{n} file", "{n} files"), n=found.files),
            size=size(found.bytes),
        )
    )


@action(
    "prune",
    gettext_lazy("Remove what nobody needs"),
    "trash",
    _plan_prune,
    gettext_lazy("Removes old impressions, vectors of former encoders and old snapshots for good."),
)
def prune(choice: str) -> Said:
    call_task("purge")
    return say(_("A worker is removing it."))
