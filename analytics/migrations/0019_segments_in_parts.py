"""The cells of terms are kept apart by category; those that were summed before are divided."""

import uuid

import numpy as np
from django.db import migrations, models

_COLUMNS = ("category", "language", "label", "term", "reviews")
_DTYPES = {name: np.dtype("<u1" if name == "label" else "<u4") for name in _COLUMNS}
_WIDTH = sum(dtype.itemsize for dtype in _DTYPES.values())


def divide(apps, schema_editor):
    segments = apps.get_model("analytics", "RollupSegment").objects.filter(cube="terms")
    for pk in list(segments.values_list("pk", flat=True)):
        whole = segments.get(pk=pk)
        whole.delete()
        if len(whole.data) != whole.cells * _WIDTH:  # damaged: its day is summed anew
            continue
        cells = _unpacked(bytes(whole.data), whole.cells)
        segments.bulk_create(
            segments.model(
                cube=whole.cube,
                grain=whole.grain,
                start=whole.start,
                part=category,
                cells=int(rows.sum()),
                data=b"".join(cells[name][rows].tobytes() for name in _COLUMNS),
                version=uuid.uuid4().hex,
            )
            for category in np.unique(cells["category"]).tolist()
            for rows in [cells["category"] == category]
        )


def _unpacked(data, count):
    cells, start = {}, 0
    for name in _COLUMNS:
        cells[name] = np.frombuffer(data, _DTYPES[name], count, start)
        start += cells[name].nbytes
    return cells


def unite(apps, schema_editor):
    segments = apps.get_model("analytics", "RollupSegment").objects.filter(cube="terms")
    for grain, start in sorted(set(segments.values_list("grain", "start"))):
        parts = segments.filter(grain=grain, start=start).order_by("part")
        divided = [(_unpacked(bytes(one.data), one.cells), one.cells) for one in parts]
        parts.delete()
        segments.create(
            cube="terms",
            grain=grain,
            start=start,
            cells=sum(count for _, count in divided),
            data=b"".join(cells[name].tobytes() for name in _COLUMNS for cells, _ in divided),
            version=uuid.uuid4().hex,
        )


class Migration(migrations.Migration):

    dependencies = [
        ("analytics", "0018_segments_listed"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="rollupsegment", name="rollup_segment_once"),
        migrations.RemoveIndex(model_name="rollupsegment", name="rollup_segment_listed"),
        migrations.AddField(
            model_name="rollupsegment",
            name="part",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="rollupsegment",
            constraint=models.UniqueConstraint(
                fields=("cube", "grain", "start", "part"), name="rollup_segment_once"
            ),
        ),
        migrations.RunPython(divide, unite, elidable=True),
        migrations.AddIndex(
            model_name="rollupsegment",
            index=models.Index(
                fields=["cube", "grain", "start", "part", "version", "cells"], name="rollup_segment_listed"
            ),
        ),
    ]
