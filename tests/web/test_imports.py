"""The pages of an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from recommender.engine.formats import FIELDS
from recommender.models import ImportBatch, ImportIssue, Job, Media
from recommender.services import imports
from recommender.web.manage_imports import FIELD_LABELS
from tests.web.conftest import Shop

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


def test_the_mapping_of_as_many_columns_as_a_file_may_have_starts(
    cast: Any, as_: Callable[[str], Any]
) -> None:
    names = ["code", "label", *(f"c{number}" for number in range(998))]
    content = ",".join(names) + "\n" + ",".join(["a1", "Lamp"] + ["x"] * 998) + "\n"
    batch = imports.receive_upload(
        SimpleUploadedFile("wide.csv", content.encode()), owner=cast.catalogue_admin
    )
    chosen = {f"column:{name}": "" for name in names}
    chosen |= {"kind": "item", "column:code": "external_id", "column:label": "title"}
    assert as_("catalogue_admin").post(reverse("import_start", args=[batch.pk]), chosen).status_code == 302


def test_a_job_is_named_in_the_readers_language(as_: Callable[[str], Any]) -> None:
    Job.objects.create(kind="encode")
    page = as_("operator").get(reverse("jobs"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "为目录编码" in page
    assert "encode" not in page.split('class="job-list"')[1].split("</ul>")[0].replace("encode_", "")


def test_every_field_of_a_mapping_has_a_name_for_people() -> None:
    known = {field.name for fields in FIELDS.values() for field in fields}
    assert known - FIELD_LABELS.keys() == set()


def finished(cast: Any, **fields: Any) -> ImportBatch:
    made = {"kind": "item", "state": "done", "finished_at": timezone.now(), "created": 3} | fields
    return ImportBatch.objects.create(filename="bags.csv", path="imports/x.csv", **made)


def test_after_the_rows_the_page_tells_how_far_their_media_are(
    shop: Shop, cast: Any, as_: Callable[[str], Any]
) -> None:
    Media.objects.create(item=shop.items[1], kind="image", source="new.jpg")
    url = reverse("import", args=[finished(cast).pk])
    told = as_("catalogue_admin").get(url).content.decode()
    assert "Becoming searchable" in told
    assert "2 / 3" in told
    assert "hx-get" in told.split('class="import-live"')[1].split(">")[0]


def test_an_import_that_is_over_offers_no_cancelling_while_its_media_are_prepared(
    shop: Shop, cast: Any, as_: Callable[[str], Any]
) -> None:
    Media.objects.create(item=shop.items[1], kind="image", source="new.jpg")
    job = Job.objects.create(kind="import", label="bags.csv", state="done", stage="rows", done=3, total=3)
    url = reverse("import", args=[finished(cast, job=job).pk])
    page = as_("catalogue_admin").get(url, headers={"accept-language": "zh-hans"}).content.decode()
    assert "正在变得可搜索" in page
    assert "job-bar" not in page
    assert "/cancel/" not in page
    assert "完成" in page.split('class="state-line"')[1].split("</p>")[0]


def test_an_import_whose_media_are_all_there_tells_no_more_of_them(
    shop: Shop, cast: Any, as_: Callable[[str], Any]
) -> None:
    url = reverse("import", args=[finished(cast).pk])
    assert "Becoming searchable" not in as_("catalogue_admin").get(url).content.decode()


def test_more_faults_than_are_kept_are_said_to_be_more(
    shop: Shop, cast: Any, as_: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = finished(cast, rejected=3)
    ImportIssue.objects.create(batch=batch, source="bags.csv", row=2, reason="wrong")
    page = as_("catalogue_admin").get(reverse("import", args=[batch.pk])).content.decode()
    assert "Only the first" not in page
    monkeypatch.setattr(imports, "MAX_ISSUES", 1)
    page = as_("catalogue_admin").get(reverse("import", args=[batch.pk])).content.decode()
    assert "Only the first 1 faults are kept" in page
