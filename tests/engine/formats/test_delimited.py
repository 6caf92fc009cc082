"""CSV and TSV: delimiters, quotes, headers, and rows that are broken."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.engine.formats import open_source
from recommender.engine.formats.delimited import sniff_delimiter
from recommender.errors import FormatError
from tests.engine.formats.reading import read, write


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    rows = [["id", "title", "price"], ["1", "Red dress, long", "12.50"], ["2", "Shoe; left", "3"]]
    with open(tmp_path / "a.csv", "w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    records, problems = read(tmp_path / "a.csv")
    assert not problems
    assert [record.values["title"] for record in records] == ["Red dress, long", "Shoe; left"]


def test_a_quoted_newline_stays_in_its_cell_and_lines_are_counted_as_a_person_would(tmp_path):
    path = write(tmp_path / "a.csv", 'id,title,description\n1,Hat,"two\nlines"\n2,Cap,\n')
    records, _ = read(path)
    assert records[0].values["description"] == "two\nlines"
    assert [record.row for record in records] == [2, 4]


def test_old_mac_line_ends_are_lines(tmp_path):
    records, _ = read(write(tmp_path / "a.csv", "id,title\r1,Hat\r2,Cap\r"))
    assert len(records) == 2


def test_a_row_with_too_many_cells_is_named_and_the_next_is_read(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title\n1,Hat,red\n2,Cap\n"))
    assert [record.values["external_id"] for record in records] == ["2"]
    assert problems[0].row == 2
    assert "3 cells" in problems[0].reason
    assert "double quotes" in problems[0].remedy
    assert problems[0].value == "red"
    assert problems[0].raw == {"id": "1", "title": "Hat", "import:surplus 1": "red"}


def test_a_row_with_too_many_cells_that_was_not_put_right_is_refused_again(tmp_path):
    table = "id,title,import:surplus 1,import:reason\n1,Hat,red,3 cells\n2,Cap,,3 cells\n"
    records, problems = read(write(tmp_path / "a.csv", table))
    assert [record.values["external_id"] for record in records] == ["2"]
    assert (problems[0].row, problems[0].value) == (2, "red")
    assert "import:surplus" in problems[0].remedy


def test_the_line_in_which_a_quote_stays_open_is_told(tmp_path):
    _, problems = read(write(tmp_path / "a.csv", 'id,title\n1,"Hat\n2,Cap\n'))
    assert problems[0].value == '1,"Hat'


def test_a_quote_that_never_closes_costs_one_row_only(tmp_path):
    lines = ["id,title", '1,"Hat', "2,Cap", '3,"Coat"', "4,Sock"]
    records, problems = read(write(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    assert [record.values["external_id"] for record in records] == ["2", "3", "4"]
    assert [problem.row for problem in problems] == [2]


def test_a_quote_that_never_closes_at_the_end_is_told_as_a_cut_file(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", 'id,title\n1,Hat\n2,"Ca'))
    assert len(records) == 1
    assert "cut off" in problems[0].reason


def test_text_after_a_closing_quote_is_named(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", 'id,title\n1,"Hat" red\n2,Cap\n'))
    assert [record.values["external_id"] for record in records] == ["2"]
    assert 'twice ("")' in problems[0].remedy


def test_a_last_row_that_is_cut_off_is_not_taken(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title,price\n1,Hat,5\n2,Ca"))
    assert len(records) == 1
    assert "the file ends within this row" in problems[0].reason


def test_trailing_empty_cells_may_be_left_out(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title,price\n1,Hat\n2,Cap,\n"))
    assert len(records) == 2
    assert not problems


def test_a_missing_last_newline_is_no_fault(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title\n1,Hat"))
    assert len(records) == 1
    assert not problems


def test_empty_lines_are_passed_over(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title\n\n1,Hat\n\n\n2,Cap\n,\n"))
    assert [record.row for record in records] == [3, 6]
    assert not problems


def test_a_nul_byte_refuses_its_row_only(tmp_path):
    records, problems = read(write(tmp_path / "a.csv", "id,title\n1,H\0at\n2,Cap\n"))
    assert [record.values["external_id"] for record in records] == ["2"]
    assert "NUL" in problems[0].reason
    assert "\0" not in problems[0].raw["title"]


def test_a_huge_cell_refuses_its_row_only(tmp_path):
    path = write(tmp_path / "a.csv", f"id,title\n1,{'x' * 3_000_000}\n2,Cap\n")
    records, problems = read(path)
    assert [record.values["external_id"] for record in records] == ["2"]
    assert problems[0].row == 2


def test_a_quote_that_never_closes_in_a_long_file_holds_nothing_up(tmp_path):
    lines = [f'{i},"open' if i % 5_000 == 0 else f"{i},fine" for i in range(20_000)]
    records, problems = read(write(tmp_path / "a.csv", "\n".join(["id,title", *lines]) + "\n"))
    assert (len(records), len(problems)) == (19_996, 4)


def test_columns_of_one_name_are_told_apart(tmp_path):
    with open_source(write(tmp_path / "a.csv", "id,title,title,\n1,a,b,c\n")) as source:
        assert source.columns == ("id", "title", "title (2)", "column 4")


def test_a_table_without_a_header_gets_numbered_columns_and_loses_no_row(tmp_path):
    path = write(tmp_path / "a.csv", "17,Hat,3.5\n18,Cap,4\n")
    with open_source(path) as source:
        assert source.columns == ("column 1", "column 2", "column 3")
    mapping = {"column 1": "external_id", "column 2": "title", "column 3": "price"}
    records, _ = read(path, "item", mapping)
    assert [record.values["external_id"] for record in records] == ["17", "18"]


def test_an_empty_file_says_so(tmp_path):
    for content in ("", "\n\n", "\ufeff"):
        with pytest.raises(FormatError, match="is empty"):
            open_source(write(tmp_path / "a.csv", content))


def test_reading_again_gives_the_same(tmp_path):
    path = write(tmp_path / "a.csv", "id,title\n1,Hat\n2,Cap\n")
    with open_source(path) as source:
        mapping = source.guess_mapping()
        assert list(source.records(mapping)) == list(source.records(mapping))
        assert source.progress() == 1.0


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=30)


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=12), st.sampled_from([",", "\t", ";", "|"]))
@settings(max_examples=60)
def test_whatever_the_csv_module_writes_comes_back_whole(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "title", "description"])
        writer.writerows([str(number), *row] for number, row in enumerate(rows))
    with open_source(path) as source:
        assert sniff_delimiter(path.read_text(encoding="utf-8")) == delimiter
        table = source.tables_of("item")[0]
        found = [(row.cells["title"], row.cells["description"]) for row in table.rows()]
    assert found == rows
