"""What the site recommends: items in a tree of categories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A node of the tree; ``path`` spells its ancestry ("Fashion > Dresses") and is unique."""

    SEPARATOR = " > "

    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    path = models.CharField(_("path"), max_length=500, unique=True)
    depth = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("categories")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

    @property
    def local_name(self) -> str:
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name


class ItemQuerySet(models.QuerySet["Item"]):
    def available(self) -> Self:
        """Items that may be shown to anyone."""
        return self.filter(availability=Item.Availability.AVAILABLE)

    def available_among(self, ids: Iterable[int]) -> Self:
        """Those of ``ids`` that may be shown, found by number.

        Asked for both availability and numbers, SQLite takes the index of the former and reads the whole
        catalogue, so the former is hidden from it in an expression.
        """
        told = self.filter(pk__in=list(ids)).alias(told=Concat("availability", Value("")))
        return told.filter(told=Item.Availability.AVAILABLE)

    def in_category(self, category: Category) -> Self:
        """Items of ``category`` or of any category below it."""
        below = Q(category__path__startswith=category.path + Category.SEPARATOR)
        return self.filter(Q(category=category) | below)

    def for_cards(self) -> Self:
        """With everything a card shows, in a fixed number of queries."""
        return self.select_related("category").prefetch_related("media")

    def new_since(self) -> dict[int, datetime]:
        """Item to the moment from which it counts as new."""
        return dict(self.values_list("pk", Coalesce("published_at", "created_at")))

    def by_ids(self, ids: Iterable[int]) -> dict[int, Item]:
        return {item.pk: item for item in self.filter(pk__in=list(ids))}


class Item(models.Model):
    """Something that can be shown, found and recommended. ``external_id`` is the catalogue's own key."""

    class Availability(models.TextChoices):
        AVAILABLE = "available", _("available")
        UNAVAILABLE = "unavailable", _("not available")
        RETIRED = "retired", _("retired")

    external_id = models.CharField(_("external id"), max_length=200, unique=True)
    title = models.CharField(_("title"), max_length=500)
    description = models.TextField(_("description"), blank=True)
    title_zh = models.CharField(_("Chinese title"), max_length=500, blank=True)
    description_zh = models.TextField(_("Chinese description"), blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="items"
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    availability = models.CharField(
        _("availability"), max_length=11, choices=Availability, default=Availability.AVAILABLE
    )
    #: sha256 of everything the catalogue says of the item, so that an unchanged row is told at a glance
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    #: what the catalogue says; how new an item is counts from here, or from when it came in
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["availability", "category"], name="item_avail_category"),
            models.Index(fields=["availability", "-created_at"], name="item_avail_newest"),
            models.Index(fields=["availability", "currency", "price"], name="item_avail_currency_price"),
            models.Index(fields=["availability", "language"], name="item_avail_language"),
            models.Index(fields=["updated_at"], name="item_updated"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="item_price_not_negative"
            ),
            models.CheckConstraint(condition=~Q(external_id=""), name="item_external_id_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def local_title(self) -> str:
        return self.title_zh if self.title_zh and (get_language() or "").startswith("zh") else self.title

    @property
    def local_description(self) -> str:
        chinese = self.description_zh and (get_language() or "").startswith("zh")
        return self.description_zh if chinese else self.description
