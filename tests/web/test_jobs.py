"""Pages of long work: everybody's but exports, which are their owner's alone."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.models import ImportBatch, Job
from tests.conftest import Cast


@pytest.fixture
def export(cast: Cast) -> Job:
    return Job.objects.create(kind="export", label="secret-plan.pdf", owner=cast.catalogue_admin)


def test_the_owner_of_an_export_finds_it_among_the_jobs(export: Job, as_: Any) -> None:
    client = as_("catalogue_admin")
    assert "secret-plan.pdf" in client.get("/jobs/").content.decode()
    assert client.get(f"/jobs/{export.pk}/").status_code == 200


def test_nobody_else_sees_an_export_or_stops_it(export: Job, as_: Any) -> None:
    client = as_("operator")
    assert "secret-plan.pdf" not in client.get("/jobs/").content.decode()
    assert client.get(f"/jobs/{export.pk}/").status_code == 404
    assert client.post(f"/jobs/{export.pk}/cancel/").status_code == 404
    export.refresh_from_db()
    assert not export.cancel_requested


def test_the_job_of_an_import_leads_those_who_may_see_it_to_its_rows(cast: Cast, as_: Any) -> None:
    job = Job.objects.create(kind="import", label="bags.csv", state="failed", error="No row could be taken.")
    batch = ImportBatch.objects.create(filename="bags.csv", path="imports/x.csv", job=job, state="failed")
    page = f"/jobs/{job.pk}/"
    told = as_("catalogue_admin").get(page, headers={"accept-language": "zh-hans"}).content.decode()
    assert f'href="/manage/imports/{batch.pk}/"' in told
    assert "查看此次导入及被拒的行" in told
    assert f"/manage/imports/{batch.pk}/" not in as_("operator").get(page).content.decode()


def test_an_export_whose_owner_is_gone_is_nobodys(export: Job, as_: Any) -> None:
    Job.objects.filter(pk=export.pk).update(owner=None)
    assert as_("operator").get(f"/jobs/{export.pk}/").status_code == 404


def test_programs_see_no_more_of_others_exports_than_pages_do(export: Job, as_: Any) -> None:
    other = Job.objects.create(kind="import", label="bags.csv")
    client = as_("operator")
    listed = client.get("/api/v1/jobs").json()["jobs"]
    assert [one["id"] for one in listed] == [other.pk]
    assert client.get(f"/api/v1/jobs/{export.pk}").status_code == 404
    assert as_("catalogue_admin").get(f"/api/v1/jobs/{export.pk}").status_code == 200


def test_the_stage_of_a_job_is_told_in_the_readers_language(cast: Cast, as_: Any) -> None:
    job = Job.objects.create(kind="import", state="running", stage="check", total=100)
    client = as_("operator")
    chinese = client.get(f"/jobs/{job.pk}/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "正在检查文件" in chinese
    assert "Checking the file" in client.get(f"/jobs/{job.pk}/").content.decode()
