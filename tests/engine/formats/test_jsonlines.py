"""JSON Lines and JSON arrays."""

from __future__ import annotations

import json

import pytest

from recommender.engine.formats import open_source
from recommender.errors import FormatError
from tests.engine.formats.reading import read, write, write_lines


def test_columns_are_the_keys_of_all_first_rows(tmp_path):
    with open_source(write_lines(tmp_path / "a.jsonl", [{"id": 1}, {"id": 2, "title": "Hat"}])) as source:
        assert source.format == "jsonl"
        assert source.columns == ("id", "title")


def test_lists_and_objects_stay_what_they_are(tmp_path):
    row = {"id": 7, "title": "Hat", "category": ["Clothing", "Hats"], "sizes": ["S", "M"], "price": 12.5}
    (record,), problems = read(write_lines(tmp_path / "a.jsonl", [row]))
    assert not problems
    assert record.values["external_id"] == "7"
    assert record.values["category"] == "Clothing > Hats"
    assert record.values["attributes"] == {"sizes": ["S", "M"]}
    assert str(record.values["price"]) == "12.50"


def test_a_line_that_is_no_json_is_named_with_its_place(tmp_path):
    path = write(
        tmp_path / "a.jsonl", '{"id": 1, "title": "a"}\n{"id": 2, title: "b"}\n[3]\n{"id": 4, "title": "d"}\n'
    )
    records, problems = read(path)
    assert [record.values["external_id"] for record in records] == ["1", "4"]
    assert [problem.row for problem in problems] == [2, 3]
    assert "character" in problems[0].reason
    assert "not an object" in problems[1].reason


def test_a_file_cut_off_within_its_last_line_says_so(tmp_path):
    _, problems = read(write(tmp_path / "a.jsonl", '{"id": 1, "title": "a"}\n{"id": 2, "ti'))
    assert problems[0].reason == "the file ends within this line"


def test_python_literals_of_the_first_amazon_files_are_read(tmp_path):
    line = "{'asin': '0001', 'title': \"Baby's cup\", 'price': 4.99, 'imUrl': 'http://x.example/a.jpg', "
    line += "'categories': [['Baby', 'Feeding', 'Cups']], 'salesRank': {'Baby': 12}}\n"
    (record,), problems = read(write(tmp_path / "meta.json", line))
    assert not problems
    assert record.values["category"] == "Baby > Feeding > Cups"
    assert record.media[0].url == "http://x.example/a.jpg"


def test_a_missing_key_names_nothing_and_a_null_empties(tmp_path):
    rows = [{"id": 1, "title": "a", "description": None}, {"id": 2, "title": "b"}]
    records, _ = read(write_lines(tmp_path / "a.jsonl", rows))
    assert records[0].values["description"] == ""
    assert "description" not in records[1].values


def test_depth_and_surrogates_harm_nothing(tmp_path):
    lines = ["[" * 5000, '{"id": 1, "title": "\\ud800 hat\\u0000"}']
    records, problems = read(
        write(tmp_path / "a.jsonl", '{"id": 0, "title": "x"}\n' + "\n".join(lines) + "\n")
    )
    assert records[1].values["title"] == "hat"
    assert len(problems) == 1
    records[1].raw["title"].encode()


def test_an_array_is_streamed(tmp_path):
    path = write(tmp_path / "a.json", json.dumps([{"id": i, "title": f"t{i}"} for i in range(500)], indent=1))
    records, problems = read(path)
    assert (len(records), len(problems)) == (500, 0)
    assert records[4].row == 5


def test_an_array_cut_off_is_an_error_after_its_good_rows(tmp_path):
    whole = json.dumps([{"id": i, "title": f"t{i}"} for i in range(3000)])
    path = write(tmp_path / "a.json", whole[: len(whole) // 2])
    with open_source(path) as source, pytest.raises(FormatError, match="stops being JSON after object"):
        list(source.records(source.guess_mapping()))


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("key", ["products", "items", "reviews"])
def test_the_list_that_an_api_answers_is_read_from_its_object(tmp_path, key, indent):
    answer = {key: [{"id": i, "title": f"t{i}", "tags": ["a"]} for i in range(500)], "next": {"page": 2}}
    records, problems = read(write(tmp_path / "a.json", json.dumps(answer, indent=indent)))
    assert (len(records), len(problems)) == (500, 0)
    assert (records[4].row, records[4].values["title"]) == (5, "t4")


@pytest.mark.parametrize("count", [3, 4000])
@pytest.mark.parametrize("indent", [None, 1])
def test_what_a_shop_answers_is_not_taken_for_coco(tmp_path, count, indent):
    shown = {"images": [{"id": 5, "src": "a.jpg"}], "variants": [{"image_id": 5, "price": "9.50"}]}
    answer = {"products": [{"id": i, "title": f"t{i}", **shown} for i in range(count)]}
    records, _ = read(write(tmp_path / "a.json", json.dumps(answer, indent=indent)))
    assert [record.values["title"] for record in records[:2]] == ["t0", "t1"]
    assert len(records) == count


def test_a_picture_that_is_an_object_gives_its_address(tmp_path):
    item = {"id": 1, "title": "t", "image": {"id": 5, "src": "https://shop.example/a.jpg"}}
    (record,), problems = read(write(tmp_path / "a.jsonl", json.dumps(item)))
    assert [media.url for media in record.media] == ["https://shop.example/a.jpg"]
    assert not problems


def test_a_list_after_what_is_said_of_it_is_read(tmp_path):
    answer = {"count": 2, "next": None, "results": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]}
    records, _ = read(write(tmp_path / "a.json", json.dumps(answer)))
    assert [record.values["title"] for record in records] == ["a", "b"]


def test_one_item_with_a_list_of_its_own_stays_one_item(tmp_path):
    item = {"reviews": [{"id": 7, "text": "good", "rating": 5}], "id": 1, "title": "t1"}
    (record,), _ = read(write(tmp_path / "a.json", json.dumps(item)))
    assert record.values["title"] == "t1"


def test_a_line_that_is_cut_off_costs_no_other_that_begins_with_a_list(tmp_path):
    row = json.dumps({"reviews": [{"text": "good"}], "id": 1, "title": "t1"})
    (record,), (problem,) = read(write(tmp_path / "a.json", row + "\n" + row[:20]))
    assert record.values["title"] == "t1"
    assert problem.row == 2


def test_objects_a_line_that_begin_with_a_list_stay_rows(tmp_path):
    lines = [json.dumps({"reviews": [{"text": "good"}], "id": i, "title": f"t{i}"}) for i in range(3)]
    records, problems = read(write(tmp_path / "a.json", "\n".join(lines)))
    assert ([record.values["title"] for record in records], len(problems)) == (["t0", "t1", "t2"], 0)


def test_a_single_object_is_no_list_of_rows(tmp_path):
    with pytest.raises(FormatError, match="one JSON object"):
        open_source(write(tmp_path / "a.json", '{\n "settings": [\n {"id": 1}]\n}'))
