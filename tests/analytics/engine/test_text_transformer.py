"""A Hugging Face model as the text model: made here, read from a folder, without a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analytics.contracts import Spoken
from analytics.engine.sentiment import load_scorer
from analytics.engine.sentiment.text_plug import TextPlug, mistake_in
from recommender.errors import RecommenderError
from tests.analytics.engine.tiny_bert import make_tiny_bert

if TYPE_CHECKING:
    from analytics.engine.sentiment.text_transformer import TransformerText

STARS = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


def load(folder: Path | str, *labels: str) -> TransformerText:
    from analytics.engine.sentiment.text_transformer import TransformerText

    return TransformerText.load(TextPlug(str(folder), labels, "cpu"))


@pytest.fixture(scope="module")
def model(folder: Path) -> TransformerText:
    return load(folder)


def test_it_reads_words_as_labels(model: TransformerText) -> None:
    rows = model.read(["the lamp is good", "the lamp is bad", "很好"])
    assert rows.argmax(1).tolist() == [2, 0, 2]
    assert np.allclose(rows.sum(1), 1)


def test_an_empty_text_says_nothing(model: TransformerText) -> None:
    assert np.allclose(model.read(["", " "]), 1 / 3)
    assert model.read([]).shape == (0, 3)


def test_a_batch_reads_as_each_text_alone(model: TransformerText) -> None:
    texts = [f"{'so ' * (number % 40)}good" for number in range(70)]
    alone = np.concatenate([model.read([text]) for text in texts])
    assert np.allclose(model.read(texts), alone, atol=1e-6)


def test_a_text_longer_than_it_reads_is_cut(model: TransformerText) -> None:
    assert model.read(["good " * 5000]).argmax() == 2


def test_words_that_carry_the_score_are_quoted_from_where_they_stand(model: TransformerText) -> None:
    text = "the lamp is good, the price is bad"
    _, [words] = model.read_with_words([text])
    assert {word.text: word.weight > 0 for word in words} == {"good": True, "bad": False}
    assert all(text[word.start : word.end] == word.text for word in words)


def test_stars_count_below_and_above_the_middle(tmp_path: Path) -> None:
    model = load(make_tiny_bert(tmp_path / "stars", STARS))
    assert model.labels == ("negative", "negative", "neutral", "positive", "positive")
    assert model.read(["good", "bad"]).argmax(1).tolist() == [2, 0]


def test_labels_without_a_meaning_need_the_setting(tmp_path: Path) -> None:
    folder = make_tiny_bert(tmp_path / "bare", ["LABEL_0", "LABEL_1"])
    with pytest.raises(RecommenderError, match="LABEL_0, LABEL_1"):
        load(folder)
    assert load(folder, "positive", "negative").read(["bad"]).argmax() == 2


def test_the_key_follows_weights_and_meaning(folder: Path, model: TransformerText, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "tiny")
    assert load(copied).key == model.key
    assert load(folder, "positive", "negative").key != model.key
    other = make_tiny_bert(tmp_path / "else" / "tiny", seed=7)
    assert load(other).key != model.key


def test_a_scorer_with_it_has_another_key_and_does_not_fuse(model: TransformerText) -> None:
    plugged, shipped = load_scorer(text=model), load_scorer()
    assert plugged.key != shipped.key
    assert "switched off" in plugged.fusion_note
    [found] = plugged.score([Spoken("The price is bad")])
    assert found.overall is not None
    assert np.allclose(found.overall.probabilities, model.read(["The price is bad"])[0])
    assert [one.aspect for one in found.aspects] == ["price"]


# -- mistakes -----------------------------------------------------------------------------------------------


def test_a_sound_folder_has_no_mistake(folder: Path) -> None:
    assert mistake_in(TextPlug(str(folder))) is None


@pytest.mark.parametrize(
    ("gone", "said"),
    [("config.json", "config.json"), ("model.safetensors", "weights"), ("tokenizer*", "tokenizer")],
)
def test_a_folder_that_lacks_something_is_told(folder: Path, tmp_path: Path, gone: str, said: str) -> None:
    copied = shutil.copytree(folder, tmp_path / "broken")
    for path in copied.glob(gone):
        path.unlink()
    found = mistake_in(TextPlug(str(copied)))
    assert found is not None
    assert said in found.message
    assert found.remedy
    with pytest.raises(RecommenderError, match=said):
        load(copied)


@pytest.mark.parametrize("content", ["[]", "{", '{"id2label": {"one": "bad"}}', "\xff"])
def test_a_damaged_configuration_is_told(folder: Path, tmp_path: Path, content: str) -> None:
    copied = shutil.copytree(folder, tmp_path / "broken")
    (copied / "config.json").write_text(content, encoding="latin-1")
    found = mistake_in(TextPlug(str(copied)))
    assert found is not None
    assert found.remedy


def test_damaged_weights_are_told(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "broken")
    (copied / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(RecommenderError, match="broken cannot be loaded") as told:
        load(copied)
    assert told.value.remedy


def test_a_model_that_never_learned_to_classify_is_refused(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, BertModel

    BertModel.from_pretrained(folder).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)
    with pytest.raises(RecommenderError, match="not trained to classify"):
        load(tmp_path, "negative", "positive")


@pytest.mark.parametrize(("spec", "here"), [("/nowhere/it", True), ("two words", False), ("a/b/c", False)])
def test_a_name_that_cannot_be_is_told(spec: str, here: bool) -> None:
    pytest.importorskip("transformers", reason="transformers, an optional package, is not installed")
    found = mistake_in(TextPlug(spec))
    assert found is not None
    assert found.here == here
    assert found.remedy


def test_without_the_package_the_remedy_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.engine.sentiment.text_plug.find_spec", lambda name: None)
    found = mistake_in(TextPlug("owner/name"))
    assert found is not None
    assert "pip install" in found.remedy


def test_a_place_of_this_machine_is_in_no_name(folder: Path) -> None:
    assert TextPlug(str(folder)).name == "tiny"
