"""Training learns what is planted, and moves only what it may move."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from recommender.engine.encoders import mini
from recommender.engine.encoders.tokenizer import JointTokenizer, build_vocabulary
from recommender.engine.learning.audio_recipe import AudioRecipe, sounds_as_spoken, train_audio
from recommender.engine.learning.batches import TextBank, epoch_batches
from recommender.engine.learning.corpora import Captioned, Corpus
from recommender.engine.learning.recipe import Mixture, Recipe, schedule, text_rows, train_image_text
from recommender.engine.learning.retrieval import text_image_retrieval
from recommender.engine.learning.sounds import KINDS

COLOURS = ["red", "blue", "green", "black", "white"]
THINGS = ["shirt", "shoe", "watch", "bag", "hat", "lamp"]
WORDS = dict(zip(THINGS, ["衬衫", "鞋", "手表", "包", "帽子", "灯"], strict=True))


def planted(each: int, seed: int) -> tuple[Corpus, torch.Tensor]:
    """Pictures as features: a direction for the colour, one for the thing, and noise; captions name both."""
    directions = np.random.default_rng(0).normal(size=(len(COLOURS) + len(THINGS), 1024))
    rng = np.random.default_rng(seed)
    examples, features = [], []
    for (i, colour), (j, thing), turn in product(enumerate(COLOURS), enumerate(THINGS), range(each)):
        image = Path(f"{colour}-{thing}-{turn}.jpg")
        examples.append(Captioned(image, (f"a {colour} {thing}",), (f"{thing} {colour}", WORDS[thing])))
        noise = rng.normal(size=1024)
        features.append(np.abs(directions[i] + directions[len(COLOURS) + j] + 0.5 * noise))
    return Corpus("planted", tuple(examples)), torch.tensor(np.array(features), dtype=torch.float32)


@pytest.fixture(scope="module")
def fresh() -> Any:
    torch.manual_seed(0)
    return mini.build_model()


@pytest.fixture
def tokenizer() -> JointTokenizer:
    return JointTokenizer(build_vocabulary(planted(2, 0)[0].texts(), least=1))


def rows_of(model: Any, tokenizer: JointTokenizer, texts: list[str]) -> np.ndarray:
    with torch.no_grad():
        return text_rows(model.text, tokenizer(texts)).numpy()


def test_training_finds_the_planted_colours_and_things(fresh: Any, tokenizer: JointTokenizer) -> None:
    corpus, features = planted(4, 1)
    recipe = Recipe(head_epochs=25, tail_epochs=0, batch_size=120, dropout=0.0, word_dropout=0.0)
    train_image_text(
        fresh, tokenizer, Mixture([corpus], [[np.empty(0)]], [[features]]), recipe, lambda _: None
    )
    unseen, features = planted(1, 2)
    with torch.no_grad():
        images = nn.functional.normalize(fresh.visual.head(features), dim=1).numpy()
    texts = [example.captions[0] for example in unseen.examples]
    found = text_image_retrieval(images, rows_of(fresh, tokenizer, texts), np.arange(len(texts)))
    assert found.text_to_image["recall@1"] > 0.8
    chinese = rows_of(fresh, tokenizer, list(WORDS.values())) @ images.T
    things = np.array([str(example.image).split("-")[1] for example in unseen.examples])
    best = things[np.argsort(-chinese, axis=1)[:, : len(COLOURS)]]
    assert (best == np.array(THINGS)[:, None]).mean() > 0.8


def test_the_tail_moves_the_last_stage_and_nothing_below_it(fresh: Any, tokenizer: JointTokenizer) -> None:
    corpus, _ = planted(1, 3)
    corpus = Corpus("few", corpus.examples[:8])
    maps = np.random.default_rng(0).integers(0, 255, size=(8, 14, 14, 512), dtype=np.uint8)
    before = {name: tensor.clone() for name, tensor in fresh.visual.trunk.state_dict().items()}
    recipe = Recipe(head_epochs=0, tail_epochs=1, batch_size=8)
    train_image_text(fresh, tokenizer, Mixture([corpus], [[maps]]), recipe, lambda _: None)
    after = fresh.visual.trunk.state_dict()
    moved = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert moved
    assert all(name.startswith("blocks.4.") and ".conv_" in name for name in moved)


def test_sounds_of_a_kind_become_neighbours(fresh: Any) -> None:
    few = ("tone", "rain", "engine", "clock")
    tokenizer = JointTokenizer(build_vocabulary([t for kind in few for t in KINDS[kind][1]], least=1))
    recipe = AudioRecipe(epochs=12, batch_size=16, rate=3e-3, masks=0)
    train_audio(fresh, tokenizer, sounds_as_spoken(6, 0, few), recipe, lambda _: None)
    unheard = sounds_as_spoken(4, 9, few)
    with torch.no_grad():
        heard = [fresh.audio(torch.from_numpy(unheard.clip(i))[None])[0] for i in range(len(unheard))]
    vectors = nn.functional.normalize(torch.stack(heard), dim=1)
    scores = vectors @ vectors.T - 2 * torch.eye(len(vectors))
    kinds = torch.arange(len(unheard)) // 4
    assert (kinds[scores.argmax(dim=1)] == kinds).float().mean() > 0.6  # one in five by chance


def test_every_picture_comes_once_an_epoch() -> None:
    corpus, _ = planted(2, 0)
    bank = TextBank(corpus, JointTokenizer(build_vocabulary(corpus.texts(), least=1)))
    batches = list(epoch_batches([bank, bank], 16, np.random.default_rng(0)))
    for number in (0, 1):
        rows = np.concatenate([batch.rows for batch in batches if batch.corpus == number])
        assert sorted(rows) == list(range(len(corpus.examples)))


def test_equal_texts_in_a_batch_share_a_key() -> None:
    corpus, _ = planted(3, 0)
    bank = TextBank(corpus, JointTokenizer(build_vocabulary(corpus.texts(), least=1)))
    (batch,) = epoch_batches([bank], 1000, np.random.default_rng(0), word_dropout=0.0)
    texts = [corpus.examples[row].captions[0] for row in batch.rows]
    same_text = np.array(texts)[:, None] == np.array(texts)
    same_key = (batch.caption_keys[:, None] == batch.caption_keys).numpy()
    np.testing.assert_array_equal(same_text, same_key)


def test_texts_run_in_chunks_of_like_length_give_the_same_rows(fresh: Any, tokenizer: JointTokenizer) -> None:
    texts = ["red", "a red shirt", "a white lamp red blue shoe", "灯", "green bag hat"]
    with torch.no_grad():
        plain = nn.functional.normalize(mini.text_features(fresh.text, tokenizer(texts)), dim=1)
        torch.testing.assert_close(
            text_rows(fresh.text, tokenizer(texts), chunks=3), plain, atol=1e-5, rtol=0
        )


def test_the_rate_warms_up_and_ends_at_nothing() -> None:
    rates = [schedule(step / 100) for step in range(101)]
    assert rates[0] < 0.1
    assert max(rates) == pytest.approx(1.0, abs=0.02)
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)
    assert rates[5:] == sorted(rates[5:], reverse=True)
