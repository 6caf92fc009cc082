"""The encoder: whether its weights are there, are those of the vectors, and were loaded by the workers."""

from __future__ import annotations

import socket
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.heartbeat import heard_from
from analytics.services.monitoring.lights import Level, Light, green, part
from analytics.services.monitoring.words import page, share
from recommender.engine.encoders.files import file_hash, files_of
from recommender.models import Embedding, EncoderSpace, Item
from recommender.said import ngettext_noop, quoted, say
from recommender.services.encoder_health import Loading, told

ENCODER_QUEUES = frozenset({"query", "encode"})
#: Files larger than this in all are not read just to compare them.
HASHED_BYTES = 200_000_000
UNMADE_YELLOW, UNMADE_LEAST = 0.01, 5


@part("encoder", gettext_lazy("Encoder"))
def encoder(now: float) -> Light:
    """Weights that are there, are those of the vectors, and were loaded by the workers."""
    space = EncoderSpace.objects.active()
    specs = list(dict.fromkeys([space.spec, settings.ENCODER] if space else [settings.ENCODER]))
    # Before there are vectors nobody asks for any, so the worker of queries has no occasion to try again.
    wanted = ENCODER_QUEUES if space else ENCODER_QUEUES - {"query"}
    nodes = {one.node for one in heard_from(now) if not one.is_silent(now) and wanted & set(one.queues)}
    for fault in (_missing_files(specs, nodes), _failed_loading(specs, nodes), _other_weights(space)):
        if fault is not None:
            return fault
    if space is None:
        return _no_space()
    return _other_encoder(space) or _unmade(space) or green(
        ngettext_noop("{name} serves; {n} worker uses it.", "{name} serves; {n} workers use it."),
        name=space.name,
        n=len(nodes),
    )  # fmt: skip


def _missing_files(specs: list[str], nodes: set[str]) -> Light | None:
    """Only where the machine that looks is one that encodes."""
    here = socket.gethostname()
    if nodes and not any(node.rpartition("@")[2] == here for node in nodes):
        return None
    for spec in specs:
        for file in files_of(spec) or []:
            if not file.exists():
                return Light(
                    Level.RED,
                    say(
                        _("The weights of {spec} are missing: {file} is not there."),
                        spec=spec,
                        file=file.name,
                    ),
                    say(_("Put the file back (it comes with the repository, or from where you trained it), "
                          "then press “Check again”.")),
                    page("jobs"),
                    ("recheck", "switch_space"),
                )  # fmt: skip
    return None


def _failed_loading(specs: list[str], nodes: set[str]) -> Light | None:
    """What a worker that lives said of its last attempt."""
    failed: list[Loading] = [one for one in told() if one.error and one.node in nodes and one.spec in specs]
    if not failed:
        return None
    one = failed[0]
    return Light(
        Level.RED,
        say(
            _("{node} cannot load the encoder {spec}: {error}"),
            node=one.node,
            spec=one.spec,
            error=quoted(one.sentence("error")),
        ),
        say(_("{remedy} Then press “Check again”."), remedy=quoted(one.sentence("remedy"))),
        page("monitoring_tasks"),
        ("recheck", "switch_space"),
    )


def _other_weights(space: EncoderSpace | None) -> Light | None:
    """The files are not those that the vectors of the serving space were made with."""
    if space is None:
        return None
    present = _weights_hash(space.spec)
    if present is None or present == space.weights_hash:
        return None
    filled = EncoderSpace.objects.filter(spec=space.spec, state=EncoderSpace.State.SHADOW).exists()
    return Light(
        Level.YELLOW if filled else Level.RED,
        say(
            _("The weights of {spec} are {present}, its vectors are of {wanted}: search is by words only."),
            spec=space.spec,
            present=present,
            wanted=space.weights_hash,
        ),
        say(_("Put the old weights back, or wait until the new ones have been through the catalogue.")),
        page("jobs"),
        ("recheck",),
    )


def _weights_hash(spec: str) -> str | None:
    """None where only loading tells."""
    files = files_of(spec)
    if not files or not all(file.is_file() for file in files):
        return None
    stats = [file.stat() for file in files]
    if sum(one.st_size for one in stats) > HASHED_BYTES:
        return None
    return _hash_of(
        tuple((str(file), one.st_mtime_ns, one.st_size) for file, one in zip(files, stats, strict=True))
    )


@lru_cache(maxsize=4)
def _hash_of(files: tuple[tuple[str, int, int], ...]) -> str:
    """Read again only after time or size of a file changed."""
    return file_hash([Path(name) for name, _time, _size in files])


def _no_space() -> Light:
    if Item.objects.available().exists():
        return Light(
            Level.YELLOW,
            say(_("There are items, but none of them has been encoded yet.")),
            say(_("The encode worker does it by itself; see its light if nothing comes of it.")),
            actions=("embed_missing",),
        )
    return green(_("There is nothing to encode yet."))


def _other_encoder(space: EncoderSpace) -> Light | None:
    """Another encoder than that of the settings serves: by choice, or until the new one knows everything."""
    if space.pinned_at is not None:
        return Light(
            Level.YELLOW,
            say(
                _("{name} serves because somebody chose it; the settings name {spec}."),
                name=space.name,
                spec=settings.ENCODER,
            ),
            say(_("Press “Go on by itself” when that is no longer wanted.")),
            actions=("go_on",),
        )
    if space.spec == settings.ENCODER:
        return None
    filled = EncoderSpace.objects.filter(spec=settings.ENCODER, state=EncoderSpace.State.SHADOW).last()
    if filled is None:
        return Light(
            Level.YELLOW,
            say(
                _("The settings name {spec}, but {name} serves, and no vector of the new one is there."),
                spec=settings.ENCODER,
                name=space.name,
            ),
            say(_("The encode worker begins by itself; see its light if nothing comes of it.")),
            actions=("recheck",),
        )
    made, wanted = filled.embeddings.ready().count(), space.embeddings.ready().count()
    return Light(
        Level.YELLOW,
        say(
            ngettext_noop(
                "{spec} is being made ready: it has {n} vector; {name}, which serves, has {wanted}.",
                "{spec} is being made ready: it has {n} vectors; {name}, which serves, has {wanted}.",
            ),
            spec=settings.ENCODER,
            n=made,
            name=space.name,
            wanted=wanted,
        ),
        say(_("Nothing is to be done: it takes over by itself when it knows everything.")),
        actions=("switch_space",),
    )


def _unmade(space: EncoderSpace) -> Light | None:
    """Vectors that could not be made."""
    failed = space.embeddings.filter(state=Embedding.State.FAILED).count()
    if failed < UNMADE_LEAST:
        return None
    # No more are counted than decide.
    ready = space.embeddings.ready()[: int(failed / UNMADE_YELLOW)].count()
    bad = failed / (failed + ready)
    if bad <= UNMADE_YELLOW:
        return None
    return Light(
        Level.YELLOW,
        say(
            ngettext_noop(
                "{n} vector ({share}) could not be made, so as many words or pictures are not found.",
                "{n} vectors ({share}) could not be made, so as many words or pictures are not found.",
            ),
            n=failed,
            share=share(bad),
        ),
        say(_("Mend the cause and press “Encode what is missing”.")),
        actions=("embed_missing",),
    )
