"""Catalogues brought in by programs, and the jobs that do it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recommender.models import ImportBatch, Item, Job
from recommender.services.imports import run_import
from tests.api.conftest import Program, json_of
from tests.conftest import Cast
from tests.web.conftest import Shop

TABLE = b"sku,name,colour,price\nx-1,First,red,10\nx-2,,blue,11\nx-3,Third,green,cheap\n"
HISTORY = b"user,item,event\nmary,bag-1,like\n"


@pytest.fixture
def admin(shop: Shop, program: Program) -> Any:
    return program("catalogue_admin")


def upload(admin: Any, content: bytes = TABLE, name: str = "things.csv", status: int = 201) -> Any:
    return json_of(admin.post("/api/v1/imports", {"file": SimpleUploadedFile(name, content)}), status)


def begin(admin: Any, number: int, status: int = 202, **asked: Any) -> Any:
    path = f"/api/v1/imports/{number}/start"
    return json_of(admin.post(path, asked, content_type="application/json"), status)


def test_an_upload_shows_how_it_would_be_read(admin: Any, cast: Cast) -> None:
    told = upload(admin)
    assert told["batch"]["state"] == "uploaded"
    assert told["batch"]["job"] is None
    assert told["siblings"] == []
    preview = told["preview"]
    assert preview["kind"] == "item"
    assert preview["columns"] == ["sku", "name", "colour", "price"]
    assert (
        preview["mapping"] | {"sku": "external_id", "name": "title", "price": "price"} == preview["mapping"]
    )
    assert preview["missing"] == []
    assert preview["rows"][0] == {"sku": "x-1", "name": "First", "colour": "red", "price": "10"}
    assert {one["name"] for one in preview["fields"] if one["required"]} == {"external_id", "title"}
    assert ImportBatch.objects.get(pk=told["batch"]["id"]).owner == cast.catalogue_admin


def test_a_file_can_be_looked_at_as_another_kind(admin: Any) -> None:
    number = upload(admin)["batch"]["id"]
    told = json_of(admin.get(f"/api/v1/imports/{number}/preview?kind=review"))
    assert told["kind"] == "review"
    assert "user" in told["missing"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x03" * 50])
def test_a_file_that_cannot_be_read_is_refused(admin: Any, content: bytes) -> None:
    assert upload(admin, content, "nonsense.bin", 422)["error"]
    assert not ImportBatch.objects.filter(filename="nonsense.bin").exists()


def test_an_upload_needs_a_file(admin: Any) -> None:
    assert "file" in json_of(admin.post("/api/v1/imports", {}), 422)["error"]


def test_an_import_is_started_followed_and_its_refused_rows_fetched(admin: Any) -> None:
    number = upload(admin)["batch"]["id"]
    started = begin(admin, number)
    run_import(number)
    assert started["job"]["kind"] == "import"
    told = json_of(admin.get(f"/api/v1/imports/{number}"))
    assert (told["state"], told["job"]["state"], told["job"]["percent"]) == ("done", "done", 100)
    assert told["counts"] | {"created": 1, "rejected": 2} == told["counts"]
    issues = json_of(admin.get(f"/api/v1/imports/{number}/issues"))
    assert issues["total"] == told["issues"] == 2
    assert {one["column"] for one in issues["issues"]} == {"name", "price"}
    assert all(one["reason"] and one["remedy"] for one in issues["issues"])
    answer = admin.get(f"/api/v1/imports/{number}/issues.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert b"cheap" in b"".join(answer.streaming_content)


def test_columns_are_read_as_they_are_told_to_be(admin: Any) -> None:
    number = upload(admin)["batch"]["id"]
    begin(admin, number, mapping={"sku": "external_id", "colour": "title", "name": "", "price": ""})
    run_import(number)
    assert set(Item.objects.filter(external_id__startswith="x-").values_list("title", flat=True)) == {
        "red",
        "blue",
        "green",
    }


def test_items_that_the_file_does_not_name_can_be_retired(admin: Any) -> None:
    number = upload(admin, b"id,name\nbag-0,Kept\n")["batch"]["id"]
    begin(admin, number, retire_missing=True)
    run_import(number)
    assert list(Item.objects.available().values_list("external_id", flat=True)) == ["bag-0"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"mapping": {"nothing": "title"}}, "nothing"),
        ({"mapping": {"sku": "weight"}}, "weight"),
        ({"kind": "song"}, "kind"),
        ({"mapping": "sku"}, "mapping"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(admin: Any, asked: dict[str, Any], said: str) -> None:
    number = upload(admin)["batch"]["id"]
    assert said in begin(admin, number, 422, **asked)["error"]
    assert ImportBatch.objects.get(pk=number).state == "uploaded"


def test_an_import_starts_once_only(admin: Any) -> None:
    number = upload(admin)["batch"]["id"]
    begin(admin, number)
    assert "started already" in begin(admin, number, 422)["error"]


def test_an_upload_can_be_discarded(admin: Any) -> None:
    number = upload(admin)["batch"]["id"]
    assert json_of(admin.post(f"/api/v1/imports/{number}/cancel"))["state"] == "cancelled"


def test_imports_are_listed_newest_first(admin: Any) -> None:
    upload(admin)
    upload(admin, HISTORY, "history.csv")
    told = json_of(admin.get("/api/v1/imports?limit=2"))
    assert [one["filename"] for one in told["imports"]] == ["history.csv", "things.csv"]
    assert (told["imports"][0]["kind"], told["total"], told["next_offset"]) == ("interaction", 3, 2)


@pytest.mark.parametrize("what", ["", "/preview", "/issues", "/issues.csv"])
def test_an_unknown_import_is_not_found(admin: Any, what: str) -> None:
    assert "99" in json_of(admin.get(f"/api/v1/imports/99{what}"), 404)["error"]


# -- jobs ---------------------------------------------------------------------------------------------------


def test_a_job_tells_how_far_it_is(shop: Shop, cast: Cast, program: Program) -> None:
    job = Job.objects.create(
        kind="index", state="running", stage="vectors", done=30, total=120, rate=10, owner=cast.operator
    )
    told = json_of(program("operator").get(f"/api/v1/jobs/{job.pk}"))
    assert (told["percent"], told["eta_seconds"], told["owner"]) == (25, 9, "otto")


def test_jobs_can_be_narrowed(shop: Shop, program: Program) -> None:
    for state in ("running", "done", "failed"):
        Job.objects.create(kind="index", state=state)
    asked = "/api/v1/jobs?state=running&state=failed&kind=index"
    told = json_of(program("operator").get(asked))
    assert [one["state"] for one in told["jobs"]] == ["failed", "running"]
    assert json_of(program("operator").get("/api/v1/jobs"))["total"] == 4


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked(shop: Shop, program: Program) -> None:
    running = Job.objects.create(kind="index", state="running")
    told = json_of(program("operator").post(f"/api/v1/jobs/{shop.job.pk}/cancel"))
    assert told["state"] == "cancelled"
    told = json_of(program("operator").post(f"/api/v1/jobs/{running.pk}/cancel"))
    assert (told["state"], told["cancel_requested"]) == ("running", True)


def test_an_unknown_job_is_not_found(shop: Shop, program: Program) -> None:
    assert program("operator").get("/api/v1/jobs/99").status_code == 404
    assert program("operator").post("/api/v1/jobs/99/cancel").status_code == 404


def test_reasons_are_told_in_the_language_of_the_program(admin: Any, cast: Cast) -> None:
    number = upload(admin)["batch"]["id"]
    begin(admin, number)
    run_import(number)
    chinese = {"accept-language": "zh-hans"}
    path = f"/api/v1/imports/{number}/issues"
    assert "不是价格" in {one["reason"] for one in json_of(admin.get(path, headers=chinese))["issues"]}
    assert "is not a price" in {one["reason"] for one in json_of(admin.get(path))["issues"]}
    told = json_of(admin.get("/api/v1/imports/0", headers=chinese), 404)
    assert told["error"]


def test_what_is_refused_is_told_in_the_language_of_the_program(admin: Any) -> None:
    def error(language: str) -> str:
        file = SimpleUploadedFile("goods.csv", b"")
        answer = admin.post("/api/v1/imports", {"file": file}, headers={"accept-language": language})
        return str(json_of(answer, 422)["error"])

    assert error("zh-hans") == "goods.csv 是空的。"
    assert error("en") == "goods.csv is empty."
