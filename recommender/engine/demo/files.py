"""A world as files that the ordinary import reads: a catalogue with its media, a history, reviews."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from recommender.engine.demo.texts import attributes, category, description, spoken, title
from recommender.engine.demo.world import LAST_MOMENT, Event, Opinion, Person, Product, World

#: pictures, sounds and films made so far, and in all
Progress = Callable[[int, int], None]
Files = list[tuple[str, bytes]]
Row = dict[str, Any]

PEOPLE = "people.csv"
_PART = 200  # products of one catalogue file, so that the first can be shown while the last is drawn
_SIDE = 640
_QUALITY = 88
_AT_ONCE = 8  # products, or reviews, that a process is given


def write_world(
    world: World,
    folder: Path,
    *,
    now: datetime = LAST_MOMENT,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Path]:
    """The files of a world in the order in which they are imported, each as soon as it is whole.

    They are ``catalog-1.zip`` and so on, ``interactions.csv`` and ``reviews.zip``; ``people.csv`` (who is
    who) stands beside them. A file that is there already is not made again.

    Args:
        world: what to write.
        folder: is made where it is missing.
        now: the world's last moment.
        processes: that draw at the same time; None for one on each core, 1 for this process alone.
        progress: called whenever some media are made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalogue, reviews = _catalogue_plans(world, folder), _reviews_plan(world, folder, now)
    missing = [plan for plan in (*catalogue, reviews) if not plan.path.exists()]
    made = _Counter(progress, sum(plan.media for plan in missing))
    _text(folder / PEOPLE, (_person_row(one) for one in world.people))
    with _Workers(processes) as each:
        # Everything is asked for at once: the others go on drawing while a file is being imported.
        drawn = {plan.path: each(plan.make, plan.sources) for plan in missing}
        for plan in catalogue:
            yield _archive(plan, drawn.get(plan.path), made)
        yield _text(folder / "interactions.csv", (_event_row(world, one, now) for one in world.events))
        yield _archive(reviews, drawn.get(reviews.path), made)


@dataclass(frozen=True)
class _Plan:
    """An archive: its table, and what its media are made from, by which function, and how many they are."""

    path: Path
    table: str
    rows: list[Row]
    make: Callable[[Any], Files]
    sources: list[Any]
    media: int


def _catalogue_plans(world: World, folder: Path) -> list[_Plan]:
    """The newest products last, as a shop adds them."""
    products = sorted(world.products, key=lambda one: one.launched_days_ago, reverse=True)
    parts = [products[start : start + _PART] for start in range(0, len(products), _PART)]
    return [
        _Plan(
            folder / f"catalog-{number}.zip",
            "catalog.csv",
            [_item_row(one) for one in part],
            product_media,
            part,
            sum(map(_media_count, part)),
        )
        for number, part in enumerate(parts, 1)
    ]


def _reviews_plan(world: World, folder: Path, now: datetime) -> _Plan:
    attached = [(world.products[one.product], one) for one in world.reviews if one.photo or one.voice]
    return _Plan(
        folder / "reviews.zip",
        "reviews.csv",
        [_review_row(world, one, now) for one in world.reviews],
        review_media,
        attached,
        sum(bool(one.photo) + bool(one.voice) for _, one in attached),
    )


# -- media --------------------------------------------------------------------------------------------------


def product_media(product: Product) -> Files:
    """Name in the archive and content of a product's pictures, sounds and film."""
    from recommender.engine.demo.film import product_film
    from recommender.engine.demo.render.picture import render_product
    from recommender.engine.demo.sounds import product_sound
    from recommender.engine.demo.speech import synthesise
    from recommender.engine.preprocess.audio import flac_bytes

    files: Files = [
        (name, _jpeg(render_product(product, view, _SIDE))) for view, name in enumerate(_pictures(product))
    ]
    voice = _VOICES[product.seed % len(_VOICES)]
    said = (
        synthesise(spoken(product, product.speech), product.speech, voice=voice) if product.speech else None
    )
    sound = product_sound(product) if product.has_sound else None
    if said is not None:
        files.append((_speech(product), flac_bytes(said)))
    if sound is not None:
        files.append((_sound(product), flac_bytes(sound)))
    if product.has_video:
        files.append((_film(product), product_film(product, sound or said)))
    return files


def review_media(pair: tuple[Product, Opinion]) -> Files:
    """Name in the archive and content of what is attached to a review."""
    from recommender.engine.demo.attachments import review_photo, review_voice
    from recommender.engine.preprocess.audio import flac_bytes

    product, opinion = pair
    files: Files = []
    if opinion.photo:
        files.append((_photo(opinion), _jpeg(review_photo(product, opinion))))
    if opinion.voice:
        files.append((_recording(opinion), flac_bytes(review_voice(opinion))))
    return files


#: Who reads descriptions aloud: clear voices, women's and men's.
_VOICES = ("f2", "m3", "Annie", "david", "f4", "m7", "Alicia", "benjamin")


def _jpeg(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _media_count(product: Product) -> int:
    return product.views + bool(product.speech) + product.has_sound + product.has_video


def _pictures(product: Product) -> list[str]:
    return [f"images/{product.external_id}-{view + 1}.jpg" for view in range(product.views)]


def _speech(product: Product) -> str:
    return f"audio/{product.external_id}-spoken.flac" if product.speech else ""


def _sound(product: Product) -> str:
    return f"audio/{product.external_id}-sound.flac" if product.has_sound else ""


def _film(product: Product) -> str:
    return f"video/{product.external_id}.mp4" if product.has_video else ""


def _photo(opinion: Opinion) -> str:
    return f"photos/{opinion.external_id}.jpg" if opinion.photo else ""


def _recording(opinion: Opinion) -> str:
    return f"voices/{opinion.external_id}.flac" if opinion.voice else ""


# -- rows ---------------------------------------------------------------------------------------------------


def _item_row(product: Product) -> Row:
    english, chinese = attributes(product, "en"), attributes(product, "zh")
    named = english | {f"{name}_zh": value for name, value in chinese.items()} | {"brand": product.brand}
    return {
        "external_id": product.external_id,
        "title": title(product, "en"),
        "description": description(product, "en"),
        "title_zh": title(product, "zh"),
        "description_zh": description(product, "zh"),
        "language": "en",
        "category": category(product, "en"),
        "category_zh": category(product, "zh"),
        "price": f"{product.price:.2f}",
        "currency": product.currency,
        "availability": product.availability,
        "image_paths": "|".join(_pictures(product)),
        "audio_paths": "|".join(name for name in (_speech(product), _sound(product)) if name),
        "video_paths": _film(product),
        "attributes": json.dumps(named, ensure_ascii=False),
    }


def _event_row(world: World, event: Event, now: datetime) -> Row:
    return {
        "user": world.people[event.person].user,
        "item": world.products[event.product].external_id,
        "kind": event.kind,
        "value": "" if event.value is None else f"{event.value:g}",
        "timestamp": _moment(now, event.seconds),
    }


def _review_row(world: World, opinion: Opinion, now: datetime) -> Row:
    return {
        "external_id": opinion.external_id,
        "user": world.people[opinion.person].user,
        "item": world.products[opinion.product].external_id,
        "text": opinion.text,
        "rating": opinion.rating,
        "language": opinion.language,
        "timestamp": _moment(now, opinion.seconds),
        "photo_paths": _photo(opinion),
        "audio_paths": _recording(opinion),
    }


def _person_row(person: Person) -> Row:
    return {"user": person.user, "name": person.name, "language": person.language}


def _moment(now: datetime, seconds: int) -> str:
    return (now + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def _table(rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row))
            writer.writeheader()
        writer.writerow(row)
    return out.getvalue()


# -- drawing, on every core ----------------------------------------------------------------------------------


class _Counter:
    """Adds up what was made and tells it."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total)


def _archive(plan: _Plan, media: Iterable[Files] | None, made: _Counter) -> Path:
    """Write an archive, unless it is there (``media`` is None)."""
    if media is None:
        return plan.path
    draft = plan.path.with_suffix(".part")
    # Pictures, FLAC and films are compressed already.
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(plan.table, _table(plan.rows), zipfile.ZIP_DEFLATED)
        for files in media:
            for name, content in files:
                archive.writestr(name, content)
            made.add(len(files))
    return draft.rename(plan.path)


def _text(path: Path, rows: Iterable[Row]) -> Path:
    """Write a table, unless it is there."""
    if not path.exists():
        draft = path.with_suffix(".part")
        draft.write_text(_table(rows), encoding="utf-8")
        draft.rename(path)
    return path


Each = Callable[[Callable[[Any], Files], Iterable[Any]], Iterable[Files]]


class _Workers:
    """Gives a ``map`` over processes, in order; spawned, because codecs and threads do not survive a fork."""

    def __init__(self, processes: int | None) -> None:
        count = processes or os.cpu_count() or 1
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context) if count > 1 else None

    def __enter__(self) -> Each:
        if self._pool is None:
            return lambda function, values: map(function, values)
        pool = self._pool
        return lambda function, values: pool.map(function, values, chunksize=_AT_ONCE)

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
