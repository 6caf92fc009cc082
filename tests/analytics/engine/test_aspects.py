"""Aspects: found in both languages, felt about clause by clause, extended by a site."""

from __future__ import annotations

import json

import pytest

from analytics.engine.sentiment.aspects import AspectModel, clauses_of
from analytics.engine.sentiment.aspects_lexicon import merged, read_lexicon
from recommender.errors import RecommenderError


@pytest.fixture(scope="module")
def model() -> AspectModel:
    return AspectModel.load()


def test_it_tells_what_is_liked_from_what_is_not(model: AspectModel) -> None:
    (opinions,) = model.read(["The battery dies before noon, but the sound is warm and clear."])
    felt = {opinion.aspect: opinion.polarity for opinion in opinions}
    assert felt["battery"] < 0 < felt["sound"]


def test_of_what_is_felt_equally_strongly_it_quotes_the_first(model: AspectModel) -> None:
    ((opinion,),) = model.read(["The food is great. The food is great. The food is great."])
    assert [word.start for word in opinion.words] == [0]


def test_it_does_so_in_chinese(model: AspectModel) -> None:
    (opinions,) = model.read(["虽然做工非常精致，可是快递太慢了。客服根本不理人"])
    felt = {opinion.aspect: opinion.polarity for opinion in opinions}
    assert felt["quality"] > 0 > felt["delivery"]
    assert felt["service"] < 0


def test_it_quotes_the_words_that_say_so(model: AspectModel) -> None:
    text = "虽然做工非常精致，可是快递太慢了。"
    (opinions,) = model.read([text])
    for opinion in opinions:
        for word in opinion.words:
            assert text[word.start : word.end] == word.text


@pytest.mark.parametrize("text", ["", "hello", "<script>", "😍", "价" * 50_000, "price " * 20_000])
def test_it_reads_whatever_is_written(model: AspectModel, text: str) -> None:
    assert len(model.read([text])) == 1


def test_a_site_adds_words_and_aspects(tmp_path) -> None:
    extra = tmp_path / "aspects.json"
    extra.write_text(json.dumps({"scent": {"en": ["smell"], "zh": ["香味"]}, "price": {"en": ["dough"]}}))
    model = AspectModel.load(extra=extra)
    found = {opinion.aspect for opinion in model.read(["The smell is lovely. Costs a lot of dough."])[0]}
    assert {"scent", "price"} <= found
    assert model.read(["香味很好"])[0][0].aspect == "scent"


@pytest.mark.parametrize("told", ["[]", "{", '{"price": ["x"]}', '{"price": {"en": "x"}}'])
def test_a_lexicon_of_another_form_is_refused(tmp_path, told: str) -> None:
    path = tmp_path / "aspects.json"
    path.write_text(told)
    with pytest.raises(RecommenderError, match=r"aspects\.json"):
        read_lexicon(path)


def test_merging_keeps_what_was_there() -> None:
    assert merged({"a": {"en": ["x"]}}, {"a": {"en": ["x", "y"], "zh": ["z"]}}) == {
        "a": {"en": ["x", "y"], "zh": ["z"]}
    }


def test_clauses_end_at_marks_and_contrasts() -> None:
    text = "Nice room, but noisy. 3.5 stars"
    assert [text[start:end] for start, end in clauses_of(text)] == ["Nice room", "noisy", "3.5 stars"]
