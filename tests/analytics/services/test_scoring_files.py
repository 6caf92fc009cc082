"""A table in, a table out; what cannot be read is named in its row."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.services.scoring.files import OUTPUTS
from tests.analytics.services.fakes import WordScorer, scorer
from tests.services.shop import QUICK_ENCODER, photo, tone

__all__ = ["scorer"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scorer")]


@pytest.fixture(autouse=True)
def _quick_encoder(settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER


def scored(folder: Path, table: str | bytes) -> tuple[list[dict[str, str]], str]:
    """Rows of the result of ``table``, and what was said of its problems."""
    (folder / "in.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    said = StringIO()
    call_command(
        "score_file", str(folder / "in.csv"), str(folder / "out.csv"), stdout=StringIO(), stderr=said
    )
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), said.getvalue()


def test_texts_get_every_column_that_was_promised(tmp_path: Path) -> None:
    rows, said = scored(tmp_path, 'id,text\n7,"A good price, really"\n8,bad\n')
    assert list(rows[0]) == ["id", "text", *OUTPUTS]
    assert [(row["id"], row["label"]) for row in rows] == [("7", "positive"), ("8", "negative")]
    assert (
        rows[0]
        | {
            "polarity": "0.8500",
            "confidence": "0.9000",
            "abstained": "false",
            "aspects": "price: 0.8500",
            "disagreement": "0.1000",
            "text_polarity": "0.8500",
            "image_polarity": "",
            "speech_polarity": "",
            "problems": "",
        }
        == rows[0]
    )
    assert said == ""


def test_paths_are_relative_to_the_file(tmp_path: Path, scorer: WordScorer) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "bag.jpg").write_bytes(photo("red"))
    (tmp_path / "media" / "voice.wav").write_bytes(tone(300))
    rows, _ = scored(tmp_path, "text,image,audio\ngood,media/bag.jpg,media/voice.wav\n,,media/voice.wav\n")
    assert all(rows[0][f"{name}_polarity"] for name in ("text", "image", "speech"))
    assert (rows[1]["text_polarity"], rows[1]["image_polarity"]) == ("", "")
    assert rows[1]["speech_polarity"]
    assert scorer.seen[0].prompts is not None


def test_broken_files_are_named_in_their_row_and_the_rest_is_scored(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    table = "text,image,audio\ngood,broken.jpg,\nbad,,broken.wav\ngood,gone.jpg,\nbad,,\n"
    rows, said = scored(tmp_path, table)
    assert [row["label"] for row in rows] == ["positive", "negative", "positive", "negative"]
    assert "broken.jpg" in rows[0]["problems"]
    assert "broken.wav" in rows[1]["problems"]
    assert rows[2]["problems"] == "gone.jpg: There is no such file."
    assert rows[3]["problems"] == ""
    assert [line.split(":")[0] for line in said.strip().splitlines()] == ["Row 2", "Row 3", "Row 4"]


def test_an_empty_row_abstains_with_a_reason(tmp_path: Path) -> None:
    rows, _ = scored(tmp_path, "text,image,audio\n,,\n")
    assert (rows[0]["label"], rows[0]["abstained"]) == ("", "true")
    assert rows[0]["reason"] == "There is nothing to score."


def test_a_column_of_a_result_is_kept_under_another_name(tmp_path: Path) -> None:
    rows, _ = scored(tmp_path, "text,label\ngood,negative\n")
    assert (rows[0]["given_label"], rows[0]["label"]) == ("negative", "positive")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_tables_are_read_in_their_encoding(encoding: str, tmp_path: Path) -> None:
    rows, _ = scored(tmp_path, "text,note\n这个包 good,很好的包包\n".encode(encoding))
    assert (rows[0]["text"], rows[0]["note"], rows[0]["label"]) == ("这个包 good", "很好的包包", "positive")


def test_long_texts_and_uneven_rows_do_no_harm(tmp_path: Path) -> None:
    rows, said = scored(tmp_path, f"text,note\n{'good ' * 20_000}\nbad,a,b,c\n")
    assert [row["label"] for row in rows] == ["positive", "negative"]
    assert "4 cells" in said


@pytest.mark.parametrize(
    ("table", "told"),
    [("", "empty"), ("words\ngood\n", "none of the columns"), ("text,text\na,b\n", "more than once")],
)
def test_a_table_that_cannot_be_scored_is_refused(table: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=told):
        scored(tmp_path, table)
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "out.csv.part").exists()


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("score_file", str(tmp_path / "none.csv"), str(tmp_path / "out.csv"))


def test_the_input_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\ngood\n", encoding="utf-8")
    with pytest.raises(CommandError, match="is the input"):
        call_command("score_file", str(tmp_path / "in.csv"), str(tmp_path / "in.csv"))
