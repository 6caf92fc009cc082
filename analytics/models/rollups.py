"""Sums over scored reviews from which every figure of the report is read."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F


class RollupDayQuerySet(models.QuerySet["RollupDay"]):
    def stale(self) -> Self:
        """Days something happened on since their sums were made."""
        return self.filter(built__lt=F("touched"))


class RollupDay(models.Model):
    """One day's bookkeeping: how often it was touched, and which touch its sums know of."""

    day = models.DateField(primary_key=True)
    touched = models.PositiveBigIntegerField(default=1)
    built = models.PositiveBigIntegerField(default=0)

    objects = RollupDayQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.day} {self.built} of {self.touched}"


class RollupSegment(models.Model):
    """All cells of one cube in one day or month, or of one part of those, column after column.

    One row for thousands of cells: what a figure needs is read in tens of rows, and summed in memory.
    """

    class Grain(models.TextChoices):
        DAY = "day"
        MONTH = "month"

    cube = models.CharField(max_length=16)
    grain = models.CharField(max_length=5, choices=Grain)
    start = models.DateField()
    #: the value that all cells have of the dimension by which the cube is kept apart; else 0
    part = models.PositiveBigIntegerField(default=0)
    cells = models.PositiveIntegerField(default=0)
    data = models.BinaryField(default=bytes)
    #: another value whenever ``data`` is another, so that readers may keep what they have unpacked
    version = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cube", "grain", "start", "part"], name="rollup_segment_once"),
        ]
        # Covers what readers list: in the table ``version`` stands after ``data``, and SQLite walks through
        # all of that to reach it.
        indexes = [
            models.Index(
                fields=["cube", "grain", "start", "part", "version", "cells"], name="rollup_segment_listed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cube} {self.grain} {self.start} {self.part}"


class RollupName(models.Model):
    """The number that stands for a language, an aspect or a term in the cells."""

    class Kind(models.TextChoices):
        LANGUAGE = "language"
        ASPECT = "aspect"
        TERM = "term"

    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="rollup_name_once")]

    def __str__(self) -> str:
        return self.name
