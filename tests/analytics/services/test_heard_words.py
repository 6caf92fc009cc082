"""Words heard in recordings, wherever written words are searched, counted, exported and learned from."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from openpyxl import load_workbook
from pypdf import PdfReader

from analytics.contracts import Example
from analytics.models import RollupDay, SentimentScore
from analytics.services import corrections, documents, exports, report, retraining, scoring
from analytics.services.report import Filters, kept
from recommender.models import Item, Review
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.analytics.services.fakes import add_medium, learner
from tests.analytics.services.hearing import BAD, listener, scored, spoken_review
from tests.conftest import Cast
from tests.services.shop import tone

__all__ = ["learner", "listener"]
pytestmark = pytest.mark.django_db
SAID, SAID_TOO = "the zip jammed twice", "拉链卡住了"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


def found(**asked: Any) -> list[int]:
    """Numbers of the reviews of the last 90 days that fit, the newest first."""
    filters = Filters.latest(words=asked.pop("words", ""))
    return [score.review_id for score in report.reviews_page(filters, **asked)]


# -- kept with the score ------------------------------------------------------------------------------------


def test_what_counts_of_each_recording_is_a_line(listener: PlantedRecogniser) -> None:
    listener._by_seconds = {2: SAID, 3: "yes", 4: BAD}
    review, _ = spoken_review()
    for seconds in (3.0, 4.0):
        add_medium(review, "audio", tone(220, seconds), duration=seconds)
    assert scored(review).heard == f"{SAID}\n{BAD}"


def test_nothing_is_kept_of_words_that_do_not_count(listener: PlantedRecogniser) -> None:
    listener._confidence = 0.2
    row = scored(spoken_review()[0])
    assert row.details["heard"][0]["text"] == BAD
    assert row.heard == ""


def test_it_goes_with_the_recogniser(settings: Any, listener: PlantedRecogniser) -> None:
    review, _ = spoken_review()
    assert scored(review).heard == BAD
    settings.SPEECH_RECOGNISER = ""
    scoring.forget_scorer()
    assert scored(review).heard == ""


def test_words_of_a_review_that_was_just_scored_are_counted(listener: PlantedRecogniser) -> None:
    scored(spoken_review()[0])
    assert RollupDay.objects.stale().count() == 1


# -- searched -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["ZIP jammed", "拉链卡", "lovely"])
def test_words_are_found_written_or_heard(words: str) -> None:
    shop = make_shop()
    wanted = add_review(shop.lamp, "A lovely bag.", heard=f"{SAID}\n{SAID_TOO}").review_id
    add_review(shop.phone, "Fine.")
    sum_up()
    assert found(words=words) == found(words=words, order="negative") == [wanted]


def test_written_and_heard_words_are_not_read_as_one_phrase() -> None:
    add_review(make_shop().lamp, "A lovely", heard=f"lamp\n{SAID}")
    sum_up()
    assert found(words="lovely lamp") == found(words="lamp the") == []


@pytest.mark.parametrize("term", ["jammed", "拉链", "not good"])
def test_the_reviews_behind_a_term_are_those_that_say_it_aloud_too(term: str) -> None:
    shop = make_shop()
    add_review(shop.lamp, "Fine, it is good, not bad.")
    wanted = add_review(shop.phone, "Fine.", heard=f"{SAID} and not good\n{SAID_TOO}").review_id
    sum_up()
    assert found(term=term) == [wanted]


# -- counted ------------------------------------------------------------------------------------------------


@pytest.fixture
def jammed() -> Item:
    """An item of which nothing is written but "Fine."; aloud people say of late that its zip jams."""
    item = make_shop().lamp
    praise = "lovely bag with a nice handle 颜色好看"
    for number in range(120):
        add_review(item, "Fine.", 0.8, days_ago=91 + number % 80, heard=praise)
        bad = number % 4 == 0
        heard = f"lovely bag but {SAID}\n{SAID_TOO}" if bad else praise
        add_review(item, "Fine.", -0.8 if bad else 0.8, days_ago=1 + number % 80, heard=heard)
    sum_up()
    return item


def test_a_word_that_comes_up_aloud_is_an_emerging_one(jammed: Item) -> None:
    terms = {one.term: one for one in report.emerging(Filters.latest())}
    assert {"jammed", "拉链"} <= set(terms)
    assert (terms["jammed"].recent, terms["jammed"].before, terms["jammed"].net) == (30, 0, -1.0)
    assert "fine" not in terms


def test_it_is_under_a_filter_that_the_sums_do_not_know(jammed: Item) -> None:
    terms = {one.term: one for one in report.telling_terms(Filters.latest(item=jammed.pk))}
    assert terms["jammed"].recent == 30
    assert terms["handle"].association > 0 > terms["jammed"].association


# -- exported -----------------------------------------------------------------------------------------------


@pytest.fixture
def exported() -> Filters:
    shop = make_shop()
    add_review(shop.lamp, "A lovely bag.", heard=f"{SAID}\n{SAID_TOO}", days_ago=1)
    add_review(shop.phone, "", heard="=1+1 he said", days_ago=2)
    sum_up()
    return Filters.latest()


def test_csv_has_a_column_of_them(exported: Filters) -> None:
    text = "".join(documents.csv_lines(exported)).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["text"] for row in rows] == ["A lovely bag.", ""]
    assert [row["heard"] for row in rows] == [f"{SAID}\n{SAID_TOO}", "'=1+1 he said"]


@pytest.mark.parametrize(("language", "heading"), [("zh-hans", "听到的话"), ("en", "words heard")])
def test_a_workbook_has_a_column_of_them(
    language: str, heading: str, exported: Filters, tmp_path: Path
) -> None:
    with translation.override(language):
        exports.write_now("xlsx", exported, tmp_path / "book.xlsx")
    rows = list(load_workbook(tmp_path / "book.xlsx", read_only=True).worksheets[-1].values)
    column = rows[0].index(heading)
    assert [row[column] for row in rows[1:]] == [f"{SAID}\n{SAID_TOO}", "'=1+1 he said"]


@pytest.mark.parametrize(("language", "label"), [("zh-hans", "听到的话"), ("en", "Wordsheard")])
def test_a_printed_report_says_which_words_were_heard(language: str, label: str, exported: Filters) -> None:
    with translation.override(language):
        data = documents.pdf_bytes(documents.gather(exported))
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())
    assert f"Alovelybag.{label}thezipjammedtwice{SAID_TOO}" in text
    assert f"{label}=1+1hesaid" in text


# -- learned from -------------------------------------------------------------------------------------------


@pytest.fixture
def corrected(listener: PlantedRecogniser, cast: Cast) -> list[Review]:
    """Spoken reviews that were heard when they were scored, and then corrected."""
    made = [spoken_review()[0] for _ in range(retraining.LEAST)]
    while scoring.score_pending():
        pass
    corrections.correct(cast.analyst, [one.pk for one in made], "positive", "sarcasm")
    return made


def test_corrections_come_with_what_was_heard_and_nothing_is_listened_to_again(
    corrected: list[Review], listener: PlantedRecogniser, cast: Cast, learner: list[Example]
) -> None:
    listened = len(listener.listened)
    retraining.retrain(retraining.start_retraining(cast.analyst).pk)
    assert [one.spoken.heard[0].text for one in learner if one.spoken.heard[0]] == [BAD] * len(corrected)
    assert len(listener.listened) == listened


def test_words_that_were_heard_teach_the_model(
    corrected: list[Review], listener: PlantedRecogniser, cast: Cast
) -> None:
    # Different words in each, so that some are left to measure by.
    for number, score in enumerate(SentimentScore.objects.filter(review__in=corrected).order_by("review")):
        score.details["heard"][0] |= {"text": f"quite the zonk numbered {number}", "timed": []}
        score.save(update_fields=["details"])
    listened = len(listener.listened)
    version = retraining.retrain(retraining.start_retraining(cast.analyst).pk)
    assert version is not None
    assert version.metrics["trained"] + version.metrics["held"] == len(corrected)
    assert version.metrics["after"]["accuracy"] > version.metrics["before"]["accuracy"]
    assert len(listener.listened) == listened
