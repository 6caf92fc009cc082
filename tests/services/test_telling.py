"""Rows that tell what went wrong: English in their columns, the reader's language on the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import override

from recommender.errors import FormatError
from recommender.models import ImportBatch, ImportIssue, Item, Job
from recommender.models.telling import kept, translated_error
from recommender.said import bare, say
from recommender.services import imports
from recommender.services.jobs import JobProgress, start_job
from tests.services.importing import bring_in, outcome

pytestmark = pytest.mark.django_db

TABLE = "id,title,price\n1,Hat,5\n2,Cap,cheap\n3,,2,4\n"


def rows(tmp_path: Path, content: str = TABLE) -> ImportBatch:
    path = tmp_path / "goods.csv"
    path.write_text(content, encoding="utf-8")
    return bring_in(path)


def test_a_refused_row_keeps_its_english_to_be_searched_and_is_told_in_chinese(tmp_path: Path) -> None:
    issue = rows(tmp_path).issues.get(reason__contains="4 cells")
    assert issue.reason == "the row has 4 cells, the header has 3"
    with override("zh-hans"):
        assert issue.told_reason == "这一行有 4 个单元格，而表头有 3 个"
        assert issue.told_remedy.startswith("含有 ',' 的单元格请加双引号")
    with override("en"):
        assert issue.told_reason == issue.reason


def test_a_row_written_before_languages_were_told_apart_is_shown_as_it_stands(db: None) -> None:
    batch = ImportBatch.objects.create(filename="old.csv", path="x")
    old = ImportIssue.objects.create(batch=batch, reason="the row has 4 cells", remedy="Use {quotes}.")
    with override("zh-hans"):
        assert (old.told_reason, old.told_remedy) == ("the row has 4 cells", "Use {quotes}.")


def test_a_column_that_was_changed_by_hand_is_told_as_it_is_now(db: None) -> None:
    told = kept(error=say("{name} is empty.", name="a.csv"), remedy="")
    job = Job.objects.create(kind="import", **told)
    Job.objects.filter(pk=job.pk).update(error="Somebody looked into it.")
    job.refresh_from_db()
    with override("zh-hans"):
        assert job.told_error == "Somebody looked into it."


def test_a_sentence_that_lost_its_full_stop_is_still_told_in_chinese(db: None) -> None:
    job = Job.objects.create(kind="import", **kept(error=bare("Redis does not answer."), remedy=""))
    job.refresh_from_db()
    assert job.error == "Redis does not answer"
    with override("zh-hans"):
        assert job.told_error == "Redis 没有响应"


def test_a_worker_in_chinese_writes_the_same_row_as_one_in_english(tmp_path: Path) -> None:
    with override("zh-hans"):
        batch = rows(tmp_path)
    assert batch.issues.get(column="price").reason == "is not a price"


def test_a_job_that_failed_is_told_in_each_language(db: None) -> None:
    job = start_job("import", "a.csv")
    with pytest.raises(FormatError), JobProgress(job):
        raise FormatError(say("{name} is empty.", name="a.csv"), "Split it.")
    job = Job.objects.get()
    assert (job.error, job.remedy) == ("a.csv is empty.", "Split it.")
    with override("zh-hans"):
        assert (job.told_error, job.told_remedy) == ("a.csv 是空的。", "请拆分。")


def test_an_error_is_told_whole_with_what_to_do(db: None) -> None:
    with override("zh-hans"):
        error = FormatError(say("{name} is empty.", name="a.csv"), "Split it.")
        assert translated_error(error) == "a.csv 是空的。 请拆分。"


def test_a_batch_that_retires_nothing_says_so_by_the_number_of_rows(tmp_path: Path) -> None:
    rows(tmp_path, "id,title,price\n1,Hat,5\n")
    path = tmp_path / "goods.csv"
    path.write_text("id,title,price\n1,Hat,5\n,Cap,6\n", encoding="utf-8")
    batch = bring_in(path, retire_missing=True)
    assert batch.error == "Nothing was retired: 1 refused row does not say which item it is."
    with override("zh-hans"):
        assert "有 1 行被拒" in batch.told_error


# -- the report --------------------------------------------------------------------------------------------


def report(batch: ImportBatch, language: str) -> str:
    with override(language):
        lines = imports.issues_csv(batch)
    # Written after the request is over, when nobody's language is active.
    return "".join(lines)


def test_the_report_is_in_the_language_of_who_asked(tmp_path: Path) -> None:
    batch = rows(tmp_path)
    assert "不是价格" in report(batch, "zh-hans")
    assert "is not a price" in report(batch, "en")
    assert "不是价格" not in report(batch, "en")


def test_the_columns_of_the_report_are_the_same_in_every_language(tmp_path: Path) -> None:
    batch = rows(tmp_path)
    heads = {report(batch, language).splitlines()[0] for language in ("en", "zh-hans")}
    assert len(heads) == 1
    names = "import:source,import:row,import:column,import:value,import:reason,import:remedy"
    assert heads.pop().endswith(names)


def test_a_chinese_report_is_corrected_and_imported_again(tmp_path: Path) -> None:
    batch = rows(tmp_path, "id,title,price\n1,Hat,5\n2,Cap,cheap\n")
    path = tmp_path / "again.csv"
    path.write_text(report(batch, "zh-hans").replace("cheap", "6", 1), encoding="utf-8")
    assert outcome(bring_in(path)) == (1, 0, 0, 0)
    assert set(Item.objects.values_list("title", flat=True)) == {"Hat", "Cap"}


# -- the command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "told"),
    [("zh_CN.UTF-8", "第 3 行, price 'cheap'：不是价格。"), ("C.UTF-8", "is not a price. Write")],
)
def test_the_command_speaks_the_language_of_the_terminal(
    lang: str, told: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", lang)
    (tmp_path / "goods.csv").write_text(TABLE, encoding="utf-8")
    call_command("import_catalog", tmp_path / "goods.csv")
    assert told in capsys.readouterr().err
