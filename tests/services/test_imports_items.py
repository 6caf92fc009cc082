"""Items brought in from files: made once, changed only where the file says so, retired on request."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from recommender.errors import FormatError
from recommender.models import Category, Embedding, EncoderSpace, ImportBatch, Item, Job
from recommender.services import imports
from tests.services.importing import bring_in, outcome, table

pytestmark = pytest.mark.django_db

HAT = {
    "id": "h1",
    "title": "Wool hat",
    "description": "Warm",
    "category": "Clothing > Hats",
    "price": "12.50",
    "currency": "EUR",
    "colour": "red",
    "size": "M",
}
CAP = HAT | {"id": "c1", "title": "Cap", "price": "9", "colour": "", "category": "Clothing > Caps"}


@pytest.fixture
def space():
    return EncoderSpace.objects.create(spec="test", name="test", weights_hash="0", dim=4, preprocessing="1")


def embed(space, item) -> None:
    vector = np.ones(4, np.float16).tobytes()
    Embedding.objects.create(space=space, item=item, modality="text", state="ready", vector=vector)


def test_a_row_becomes_an_item_with_everything_it_says(tmp_path):
    batch = bring_in(table(tmp_path / "a.csv", [HAT, CAP]))
    assert batch.state == ImportBatch.State.DONE
    assert outcome(batch) == (2, 0, 0, 0)
    hat = Item.objects.get(external_id="h1")
    assert (hat.title, hat.description, hat.price, hat.currency) == (
        "Wool hat",
        "Warm",
        Decimal("12.50"),
        "EUR",
    )
    assert hat.attributes == {"colour": "red", "size": "M"}
    assert (hat.language, hat.availability) == ("en", "available")
    assert hat.category.path == "Clothing > Hats"
    assert Item.objects.get(external_id="c1").attributes == {"size": "M"}


def test_the_same_file_twice_changes_nothing(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    before = list(Item.objects.order_by("pk").values())
    assert outcome(bring_in(path)) == (0, 0, 2, 0)
    assert list(Item.objects.order_by("pk").values()) == before


def test_a_changed_row_changes_its_item_only(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    before = Item.objects.values().get(external_id="h1")
    batch = bring_in(table(path, [HAT, CAP | {"price": "8.00"}]))
    assert outcome(batch) == (0, 1, 1, 0)
    assert Item.objects.get(external_id="c1").price == Decimal("8.00")
    assert Item.objects.values().get(external_id="h1") == before


def test_a_table_of_prices_changes_prices_and_nothing_else(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT]))
    before = Item.objects.values().get()
    batch = bring_in(table(tmp_path / "b.csv", [{"id": "h1", "price": "99"}]))
    assert outcome(batch) == (0, 1, 0, 0)
    after = Item.objects.values().get()
    assert after["price"] == Decimal("99")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"price", "content_hash", "updated_at"}


def test_a_date_is_kept_changed_and_emptied_and_left_alone_where_no_column_says_it(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT | {"created": "2019-03-04"}]))
    assert Item.objects.get().published_at == datetime(2019, 3, 4, tzinfo=UTC)
    bring_in(table(tmp_path / "b.csv", [{"id": "h1", "price": "99"}]))
    assert Item.objects.get().published_at == datetime(2019, 3, 4, tzinfo=UTC)
    later = table(tmp_path / "c.csv", [{"id": "h1", "published_at": "2020-05-06T07:08:09+08:00"}])
    assert outcome(bring_in(later)) == (0, 1, 0, 0)
    assert Item.objects.get().published_at == datetime(2020, 5, 5, 23, 8, 9, tzinfo=UTC)
    assert outcome(bring_in(later)) == (0, 0, 1, 0)
    bring_in(table(tmp_path / "d.csv", [{"id": "h1", "published_at": ""}]))
    assert Item.objects.get().published_at is None


def test_a_date_that_is_none_refuses_its_row_and_names_it(tmp_path):
    rows = [HAT | {"created": "2019-03-04"}, CAP | {"created": "last spring"}]
    batch = bring_in(table(tmp_path / "a.csv", rows))
    assert outcome(batch) == (1, 0, 0, 1)
    issue = batch.issues.get()
    assert (issue.row, issue.column, issue.value) == (3, "created", "last spring")
    assert "is not a date" in issue.reason


def test_an_attribute_column_leaves_the_other_attributes(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT]))
    bring_in(table(tmp_path / "b.csv", [{"id": "h1", "colour": "blue"}]))
    assert Item.objects.get().attributes == {"colour": "blue", "size": "M"}


def test_a_blank_cell_empties_what_its_column_names(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT]))
    bring_in(table(tmp_path / "a.csv", [HAT | {"colour": "", "description": "", "price": ""}]))
    item = Item.objects.get()
    assert (item.attributes, item.description, item.price) == ({"size": "M"}, "", None)


def test_new_words_make_the_item_encoded_again_and_a_new_price_does_not(tmp_path, space):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    for item in Item.objects.all():
        embed(space, item)
    bring_in(table(path, [HAT | {"title": "Felt hat"}, CAP | {"price": "3"}]))
    assert list(Embedding.objects.values_list("item__external_id", flat=True)) == ["c1"]


def test_a_row_without_a_title_can_change_but_not_make_an_item(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT]))
    rows = [{"id": "h1", "price": "5"}, {"id": "new", "price": "6"}]
    batch = bring_in(table(tmp_path / "b.csv", rows))
    assert outcome(batch) == (0, 1, 0, 1)
    assert "no title" in batch.issues.get().reason


def test_a_title_is_made_of_the_description_where_there_is_no_column_for_it(tmp_path):
    bring_in(table(tmp_path / "a.csv", [{"image": "1.jpg", "caption": "A dog runs on grass."}]))
    assert Item.objects.get().title == "A dog runs on grass."


def test_categories_become_a_tree_with_chinese_names(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT | {"category_zh": "服装 > 帽子"}]))
    hats = Category.objects.get(path="Clothing > Hats")
    assert (hats.name_zh, hats.depth, hats.parent.name, hats.parent.name_zh) == (
        "帽子",
        1,
        "Clothing",
        "服装",
    )


def test_a_bad_row_is_an_issue_and_the_good_ones_go_in(tmp_path):
    batch = bring_in(table(tmp_path / "a.csv", [HAT, CAP | {"price": "12,5O"}]))
    assert outcome(batch) == (1, 0, 0, 1)
    issue = batch.issues.get()
    assert (issue.row, issue.column, issue.value) == (3, "price", "12,5O")
    assert "12.50" in issue.remedy
    assert issue.raw["title"] == "Cap"


def test_the_refused_rows_come_back_as_a_table_that_can_be_corrected(tmp_path):
    rows = [HAT, CAP | {"price": "12,5O", "title": ""}, HAT | {"id": "s1", "price": "much"}]
    batch = bring_in(table(tmp_path / "a.csv", rows))
    text = "".join(imports.issues_csv(batch))
    assert text.startswith("\ufeff")
    refused = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["id"] for row in refused] == ["c1", "s1"]
    assert refused[0]["import:column"] == "title | price"
    assert all(row["import:reason"] and row["import:remedy"] for row in refused)
    corrected = [row | {"price": "12.50", "title": "Mended"} for row in refused]
    again = bring_in(table(tmp_path / "corrected.csv", corrected))
    assert outcome(again) == (2, 0, 0, 0)
    cap = Item.objects.get(external_id="c1")
    assert cap.title == "Mended"
    assert not [name for name in cap.attributes if name.startswith("import:")]


def test_an_id_that_stands_twice_is_refused_the_second_time(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP, HAT | {"title": "Another"}])
    batch = bring_in(path)
    assert outcome(batch) == (2, 0, 0, 1)
    assert "a.csv row 2 has this id already" in batch.issues.get().reason
    assert outcome(bring_in(path)) == (0, 0, 2, 1)
    assert Item.objects.get(external_id="h1").title == "Wool hat"


def test_what_is_missing_is_retired_only_when_asked(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    table(path, [HAT])
    assert bring_in(path).retired == 0
    assert bring_in(path, retire_missing=True).retired == 1
    assert list(Item.objects.available().values_list("external_id", flat=True)) == ["h1"]


def test_a_retired_item_comes_back_with_its_row(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    bring_in(table(tmp_path / "b.csv", [HAT]), retire_missing=True)
    assert outcome(bring_in(path)) == (0, 1, 1, 0)
    assert Item.objects.available().count() == 2


def test_a_refused_row_does_not_retire_its_item(tmp_path):
    path = table(tmp_path / "a.csv", [HAT, CAP])
    bring_in(path)
    batch = bring_in(table(path, [HAT, CAP | {"price": "x"}]), retire_missing=True)
    assert (batch.retired, batch.rejected) == (0, 1)


def test_nothing_is_retired_when_a_refused_row_does_not_say_which_item_it_is(tmp_path):
    bring_in(table(tmp_path / "a.csv", [HAT, CAP]))
    batch = bring_in(table(tmp_path / "b.csv", [HAT, CAP | {"id": ""}]), retire_missing=True)
    assert batch.retired == 0
    assert "Nothing was retired" in batch.error


def test_nothing_is_retired_by_a_file_that_is_cut_off_within_a_row(tmp_path):
    whole = "id,title,price\n1,Cup,5\n2,Bowl,6\n3,Plate,7\n"
    path = tmp_path / "goods.csv"
    path.write_text(whole)
    bring_in(path)
    path.write_text(whole[: whole.index("2,Bowl") + 4])
    batch = bring_in(path, retire_missing=True)
    assert batch.retired == 0
    assert "cut off" in batch.error
    assert Item.objects.available().count() == 3


def test_a_file_without_rows_fails_and_retires_nothing(tmp_path):
    bring_in(table(tmp_path / "goods.csv", [{"id": "1", "title": "Cup"}]))
    path = tmp_path / "empty.csv"
    path.write_text("id,title\n")
    batch = bring_in(path, retire_missing=True)
    assert batch.state == ImportBatch.State.FAILED
    assert batch.error.startswith("empty.csv holds no items")
    assert Item.objects.available().count() == 1


def test_a_file_of_bad_rows_only_retires_nothing(tmp_path):
    bring_in(table(tmp_path / "goods.csv", [{"id": "1", "title": "Cup"}, {"id": "2", "title": "Bowl"}]))
    batch = bring_in(
        table(tmp_path / "bad.csv", [{"id": "1", "title": "Cup", "price": "five"}]), retire_missing=True
    )
    assert batch.state == ImportBatch.State.FAILED
    assert Item.objects.available().count() == 2


def test_lists_survive_the_table_of_rows_to_correct(tmp_path):
    row = {"asin": "B1", "title": "Cup", "categories": [["Baby", "Cups"]], "description": ["Soft.", "Red."]}
    row |= {"features": ["light", "safe"], "salesRank": {}, "price": "five"}
    path = tmp_path / "metadata.jsonl"
    path.write_text(json.dumps(row))
    refused = bring_in(path)
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(
        "".join(imports.issues_csv(refused, taken=True)).replace("five", "5", 1), encoding="utf-8"
    )
    bring_in(corrected)
    item = Item.objects.get(external_id="B1")
    assert item.category.path == "Baby > Cups"
    assert item.description == "Soft.\nRed."
    assert item.attributes["features"] == ["light", "safe"]


def test_chinese_items_are_told_as_chinese(tmp_path):
    bring_in(table(tmp_path / "a.csv", [{"编号": "1", "标题": "红色连衣裙", "价格": "¥99", "颜色": "红"}]))
    item = Item.objects.get()
    assert (item.language, item.currency, item.attributes) == ("zh", "CNY", {"颜色": "红"})


def test_a_file_cut_off_harms_nothing(tmp_path):
    path = tmp_path / "a.json"
    whole = ", ".join(f'{{"id": "{number}", "title": "a"}}' for number in range(300))
    path.write_text(f'[{whole}, {{"id": "x", "ti')
    batch = bring_in(path)
    assert batch.state == ImportBatch.State.FAILED
    assert "stops being JSON" in batch.error
    assert batch.remedy
    assert not Item.objects.exists()
    assert (batch.job.state, batch.job.error) == (Job.State.FAILED, batch.error)


def test_a_file_cut_off_near_its_beginning_is_refused_at_once(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"id": "1", "title": "a"}, {"id": "2", "ti')
    with pytest.raises(FormatError, match="stops being JSON"):
        bring_in(path)
    assert not ImportBatch.objects.exists()


def test_a_file_of_bad_rows_only_fails_and_says_why(tmp_path):
    batch = bring_in(table(tmp_path / "a.csv", [HAT | {"price": "x"}]))
    assert batch.state == ImportBatch.State.FAILED
    assert batch.issues.count() == 1


def test_the_job_shows_how_far_it_got(tmp_path):
    seen = []
    (batch,) = imports.from_path(table(tmp_path / "a.csv", [HAT | {"id": str(i)} for i in range(2_500)]))
    imports.start(batch, queue=False)
    imports.run_import(batch.pk, lambda job: seen.append((job.stage, job.total)))
    assert set(seen) == {("rows", 2_500)}
    job = Job.objects.get()
    assert (job.state, job.done, job.total, job.percent) == (Job.State.DONE, 2_500, 2_500, 100)


def test_a_cancelled_import_stops_after_the_chunk_it_is_at(tmp_path, monkeypatch):
    monkeypatch.setattr("recommender.services.jobs.WRITE_SECONDS", 0.0)
    (batch,) = imports.from_path(table(tmp_path / "a.csv", [HAT | {"id": str(i)} for i in range(3_500)]))
    imports.start(batch, queue=False)
    imports.run_import(batch.pk, lambda _job: imports.cancel(ImportBatch.objects.get(pk=batch.pk)))
    batch.refresh_from_db()
    assert (batch.state, batch.job.state) == (ImportBatch.State.CANCELLED, Job.State.CANCELLED)
    assert 0 < Item.objects.count() < 3_500
    assert batch.created == Item.objects.count()


def test_an_import_that_lost_its_worker_is_finished_by_another(tmp_path, monkeypatch):
    path = table(tmp_path / "a.csv", [HAT | {"id": str(i)} for i in range(2_500)])
    (batch,) = imports.from_path(path)
    imports.start(batch, queue=False)

    class Killed(BaseException):
        pass

    def die(_job):
        raise Killed

    with pytest.raises(Killed):
        imports.run_import(batch.pk, die)
    # A killed process writes nothing at its end.
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.RUNNING, options={})
    Job.objects.update(state=Job.State.RUNNING, heartbeat_at="2020-01-01T00:00Z")
    ImportBatch.objects.filter(pk=batch.pk).update(created_at="2020-01-01T00:00Z")
    assert imports.requeue_lost() == 1
    ImportBatch.objects.filter(pk=batch.pk).update(options={"local": True})
    assert imports.run_import(batch.pk).state == ImportBatch.State.DONE
    assert Item.objects.count() == 2_500


def test_a_repeated_message_runs_nothing_twice(tmp_path):
    batch = bring_in(table(tmp_path / "a.csv", [HAT]))
    assert imports.run_import(batch.pk) is None


def test_an_import_of_the_real_fashion_table_finds_its_pictures(tmp_path, shared_data):
    with open(shared_data / "fashion" / "styles.csv", encoding="utf-8") as file:
        head = [row for row, _ in zip(csv.DictReader(file), range(40), strict=False)]
    path = table(tmp_path / "styles.csv", head)
    root = shared_data / "fashion"
    batch = bring_in(path, media_root=root)
    assert outcome(batch) == (40, 0, 0, 0)
    assert batch.media_added == 40
    item = Item.objects.get(external_id=head[0]["id"])
    assert item.category.path == " > ".join(
        head[0][c] for c in ("masterCategory", "subCategory", "articleType")
    )
    assert item.media.get().mime == "image/jpeg"
    assert outcome(bring_in(path, media_root=root)) == (0, 0, 40, 0)
