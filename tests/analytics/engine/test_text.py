"""The text model: what it reads, what it survives, where it says the words stand."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.sentiment.learning.text import relearn_chinese, relearn_posts
from analytics.engine.sentiment.learning.text_corpora import Labelled, chinese
from analytics.engine.sentiment.learning.text_corrections import retrain_text
from analytics.engine.sentiment.text import CHINESE, CHINESE_GATE, ENGLISH, SHIPPED, TextModel
from analytics.engine.sentiment.text_features import features, tidy
from analytics.engine.sentiment.text_table import counted, distinct
from recommender.errors import RecommenderError


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel.load()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("I love this phone, battery life is superb!", 2),
        ("Terrible. It broke within days, never again.", 0),
        ("很喜欢这款手机，非常满意！", 2),
        ("质量太差了，千万别买。", 0),
        ("还可以吧。一分钱一分货。", 1),
        ("还可以吧。", 1),
        ("还行吧。", 1),
        ("It is all right. You get what you pay for.", 1),
        ("😍", 2),
        ("😡😡", 0),
        ("I was not disappointed", 2),
        ("It was bad", 0),
        ("It broke after two days.", 0),
        ("Too small, returned it.", 0),
        ("A part snapped off and cut my hand.", 0),
        ("The keyboard is comfortable and the screen is bright.", 2),
    ],
)
def test_it_reads_plain_opinions(model: TextModel, text: str, place: int) -> None:
    assert model.read([text])[0].argmax() == place


@pytest.mark.parametrize("text", ["Not bad at all.", "No complaints", "It doesn't disappoint"])
def test_blame_that_is_taken_back_is_no_blame(model: TextModel, text: str) -> None:
    negative, _, positive = model.read([text])[0]
    assert positive > 2 * negative


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\x00",
        "好",
        "<script>alert(1)</script>",
        "a" * 100_000,
        "不错 good 悪い 🙂 плохо",
        "\ud800",
    ],
)
def test_it_gives_probabilities_for_whatever_is_written(model: TextModel, text: str) -> None:
    read = model.read([text])
    assert read.shape == (1, 3)
    assert np.isfinite(read).all()
    assert read.sum() == pytest.approx(1)


def test_it_commits_itself_to_nothing_where_nothing_is_said(model: TextModel) -> None:
    assert model.read([""])[0] == pytest.approx([1 / 3] * 3)


def test_it_reads_a_batch_as_it_reads_one_by_one(model: TextModel) -> None:
    texts = ["很好 but slow", "Great value", "", "质量差", "It's not bad", "x" * 300]
    alone = np.concatenate([model.read([text]) for text in texts])
    np.testing.assert_allclose(model.read(texts), alone, atol=1e-6)
    together, words = model.read_with_words(texts)
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert words == [model.words(text) for text in texts]


@pytest.mark.parametrize("times", [1, 200])
def test_it_reads_clauses_beside_texts_as_it_reads_them_alone(model: TextModel, times: int) -> None:
    texts = ["很好 but slow", "", "It's not bad", "质量差，不好用"] * times
    clauses = ["质量差", "not bad at all", "", "很好 but", "价格便宜"] * times
    read, words, of_clauses = model.read_with_clauses(texts, clauses)
    alone, words_alone = model.read_with_words(texts)
    np.testing.assert_allclose(read, alone, atol=1e-6)
    np.testing.assert_allclose(of_clauses, model.read(clauses), atol=1e-6)
    assert words == words_alone


def test_it_reads_no_texts(model: TextModel) -> None:
    assert model.read([]).shape == (0, 3)


def test_words_stand_where_it_says(model: TextModel) -> None:
    text = "I LOVE it — don’t change; 但是物流太慢了！ Love <b>the</b> colour 😍"
    words = model.words(text)
    assert words
    assert all(text[word.start : word.end] == word.text for word in words)
    assert next(word for word in words if word.text == "LOVE").weight > 0


def test_it_takes_a_hundred_kilobytes_in_its_stride(model: TextModel) -> None:
    started = time.perf_counter()
    model.read(["terrible " * 11_000])
    assert time.perf_counter() - started < 2


def test_sums_agree_with_adding_up_one_feature_after_another(model: TextModel) -> None:
    texts = [tidy(text) for text in ("good good phone", "不好 good", "")]
    found = features(texts)
    expected, sizes = np.zeros((3, model.table.steps.shape[1])), []
    for number in range(3):
        mine = {int(row) for row, owner in zip(found.rows, found.owners, strict=True) if owner == number}
        sizes.append(len(mine))
        for row in mine:
            expected[number] += model.table.steps[row] / np.sqrt(len(mine))
    counts, sums = counted(model.table.steps, found)
    assert counts.tolist() == sizes
    np.testing.assert_allclose(sums, expected, rtol=1e-4, atol=1e-5)
    rows, owners = distinct(found)
    assert len(set(zip(rows.tolist(), owners.tolist(), strict=True))) == len(rows)


def test_corrections_teach_it_what_a_site_means(model: TextModel, tmp_path) -> None:
    texts = [f"the zorblat number {number} is here" for number in range(40)]
    before = model.read(["what a zorblat"])[0]
    taught = retrain_text(None, texts, [0] * 40, tmp_path / "text")
    after = taught.read(["what a zorblat"])[0]
    assert after[0] > before[0]
    assert taught.key != model.key
    assert taught.read(["很喜欢这款手机！"])[0].argmax() == 2


def test_posts_are_learned_anew_and_nothing_else(model: TextModel) -> None:
    pytest.importorskip("sklearn")
    moods = ("awful queue", "monday again", "lovely evening")
    texts = [f"{mood} number {place} #{place % 7}" for place in range(60) for mood in moods]
    anew = relearn_posts(texts, np.array([0, 1, 2] * 60))
    same = (anew.table.steps == model.table.steps).all(0)
    assert np.flatnonzero(~same).tolist() == list(range(*ENGLISH[-1].columns.indices(100)))


def test_chinese_is_learned_anew_and_english_reads_as_before(model: TextModel) -> None:
    pytest.importorskip("sklearn")
    parts = [
        Labelled(tuple(f"{one}{place}" for place in range(40) for one in pair), np.array([2, 0] * 40))
        for pair in (("房间干净，酒店很好", "房间很脏，酒店吵"), ("味道好", "难吃"), ("褔皿清楚", "褔皿坏了"))
    ]
    anew = relearn_chinese(parts)
    learned = {at for one in (*CHINESE, CHINESE_GATE) for at in range(one.first, one.first + one.sides)}
    same = (anew.table.steps == model.table.steps).all(0)
    assert set(np.flatnonzero(~same)) == learned
    english = ["What a lovely film.", "It broke after a day."]
    np.testing.assert_array_equal(anew.read(english), model.read(english))
    assert anew.read(["褔皿清楚9"])[0].argmax() == 2


def test_each_fifth_of_a_set_is_held_out_once(tmp_path) -> None:
    reviews = [f"评价{place}" for place in range(20)]
    lines = "\n".join(f"{place % 2},{text}" for place, text in enumerate(reviews))
    (tmp_path / "sentiment").mkdir()
    for name in ("ChnSentiCorp_htl_all", "waimai_10k", "online_shopping_10_cats"):
        (tmp_path / "sentiment" / f"{name}.csv").write_text(f"label,review\n{lines}\n", encoding="utf-8")
    fifths = [chinese(tmp_path, fifth)[0] for fifth in range(5)]
    assert sorted(text for one in fifths for text in one.test.texts) == sorted(reviews)
    assert all(sorted(one.train.texts + one.test.texts) == sorted(reviews) for one in fifths)


def test_a_phrase_that_commits_to_nothing_widens_neutral(model: TextModel) -> None:
    plain, phrased = model.read(["The plot moves along.", "The plot moves along, so-so."])
    assert phrased[1] > plain[1] + 0.1


def test_a_model_whose_networks_do_not_fit_together_is_named(tmp_path: Path) -> None:
    broken = dict(np.load(SHIPPED / "networks.npz"))
    broken["english.pairs"] = broken["english.pairs"][:, :-1]
    shutil.copytree(SHIPPED, tmp_path / "text")
    np.savez(tmp_path / "text" / "networks.npz", **broken)
    with pytest.raises(RecommenderError, match="no text model"):
        TextModel.load(tmp_path / "text")


def test_a_folder_without_a_model_is_named(tmp_path) -> None:
    with pytest.raises(RecommenderError, match="no text model"):
        TextModel.load(tmp_path)
