"""The pages of an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recommender.engine.formats import FIELDS
from recommender.models import ImportBatch, Job
from recommender.services import imports
from recommender.web.manage_imports import FIELD_LABELS

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(cast: Any) -> ImportBatch:
    file = SimpleUploadedFile("goods.csv", b"code,label,cost\na1,Red lamp,12\n")
    return imports.receive_upload(file, owner=cast.catalogue_admin)


def test_a_mapping_that_does_not_fit_comes_back_as_it_was_chosen(
    waiting: ImportBatch, as_: Callable[[str], Any]
) -> None:
    chosen = {"kind": "item", "column:code": "title", "column:label": "description", "column:cost": "price"}
    answer = as_("catalogue_admin").post(reverse("import_start", args=[waiting.pk]), chosen)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert '<option value="description" selected>' in page
    assert "external_id" in page
    waiting.refresh_from_db()
    assert waiting.state == "uploaded"


def test_a_job_is_named_in_the_readers_language(as_: Callable[[str], Any]) -> None:
    Job.objects.create(kind="encode")
    page = as_("operator").get(reverse("jobs"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "为目录编码" in page
    assert "encode" not in page.split('class="job-list"')[1].split("</ul>")[0].replace("encode_", "")


def test_every_field_of_a_mapping_has_a_name_for_people() -> None:
    known = {field.name for fields in FIELDS.values() for field in fields}
    assert known - FIELD_LABELS.keys() == set()
