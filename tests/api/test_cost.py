"""Lists cost a fixed number of queries, however long they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from recommender.models import Category, ImportBatch, ImportIssue, Interaction, Item, Job, Media, Review
from tests.api.conftest import Program
from tests.conftest import Cast
from tests.web.conftest import Shop

MOST = 8
N = 30


@pytest.fixture
def full(shop: Shop, cast: Cast) -> Shop:
    """A shop with many of everything."""
    people = [User.objects.create(username=f"person-{n}") for n in range(N)]
    items = [Item.objects.create(external_id=f"x-{n}", title=f"Thing {n}") for n in range(N)]
    for n, (person, item) in enumerate(zip(people, items, strict=True)):
        review = Review.objects.create(user=person, item=shop.items[0], text="Good.")
        Media.objects.create(review=review, kind="image", checksum=f"{n:064}", state="ready")
        Interaction.objects.create(user=cast.superuser, item=item, kind="view")
        job = Job.objects.create(kind="import", owner=person)
        batch = ImportBatch.objects.create(filename="a.csv", job=job)
        ImportIssue.objects.create(batch=batch, reason="Bad")
        ImportIssue.objects.create(batch=shop.batch, reason="Bad", row=n)
        Category.objects.create(name=f"c-{n}", path=f"c-{n}")
    return shop


@pytest.mark.parametrize("path", ["items/bag-0/reviews", "me/events", "imports", "jobs", "categories"])
def test_a_list_costs_a_fixed_number_of_queries(
    path: str, full: Shop, program: Program, django_assert_max_num_queries: Any
) -> None:
    client = program("superuser")
    client.get("/api/v1/categories")  # notes when the token was used
    with django_assert_max_num_queries(MOST):
        assert client.get(f"/api/v1/{path}").status_code == 200


def test_the_faults_of_an_import_cost_a_fixed_number_of_queries(
    full: Shop, program: Program, django_assert_max_num_queries: Any
) -> None:
    client = program("superuser")
    client.get("/api/v1/categories")
    with django_assert_max_num_queries(MOST):
        assert client.get(f"/api/v1/imports/{full.batch.pk}/issues").json()["total"] == N
