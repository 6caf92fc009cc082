"""The demo world: its size, its words, and the tastes that are planted in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.phrases import CHINESE, ENGLISH
from recommender.engine.demo.texts import attributes, category
from recommender.engine.demo.world import World, build_world, item_texts, spoken_description
from recommender.engine.preprocess import detect_language
from recommender.errors import RecommenderError

_WORTH = {"view": 0.2, "click": 0.5, "like": 1.0, "save": 1.0, "purchase": 1.0}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, items=400, people=150, events=12_000, reviews=1500)


def test_a_world_has_the_numbers_asked_for(world: World) -> None:
    assert (len(world.products), len(world.people)) == (400, 150)
    assert (len(world.events), len(world.reviews)) == (12_000, 1500)


def test_the_same_seed_gives_the_same_world_and_another_another() -> None:
    def facts(seed: int) -> tuple[object, ...]:
        made = build_world(seed, items=60, people=10, events=300, reviews=30)
        return [item_texts(made, i) for i in range(60)], made.events, made.reviews, made.held_out

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_too_few_items_are_refused() -> None:
    with pytest.raises(RecommenderError, match="30 items"):
        build_world(items=5)


def test_the_first_products_already_show_every_kind(world: World) -> None:
    assert {product.kind for product in world.products[: len(KINDS)]} == set(KINDS)


def test_every_text_is_in_the_language_it_claims(world: World) -> None:
    for index in range(len(world.products)):
        texts = item_texts(world, index)
        assert detect_language(texts["en"]) == "en"
        assert detect_language(texts["zh"]) == "zh"
        words, language = spoken_description(world, index)
        assert detect_language(words) == language


def test_a_text_names_colour_and_material(world: World) -> None:
    for index, product in enumerate(world.products):
        for language, text in item_texts(world, index).items():
            named = attributes(product, language)
            assert named["colour"].lower() in text.lower()
            assert named["material"] in text
    assert " > " in category(world.products[0], "zh")


def test_hardly_two_descriptions_are_alike(world: World) -> None:
    texts = [item_texts(world, index)["en"] for index in range(len(world.products))]
    assert len(set(texts)) > 0.98 * len(texts)


def test_events_come_in_order_of_time_and_end_before_the_last_moment(world: World) -> None:
    seconds = [event.seconds for event in world.events]
    assert seconds == sorted(seconds)
    assert seconds[0] > -91 * 86_400
    assert seconds[-1] <= 0


def test_held_out_likes_were_never_met_before(world: World) -> None:
    met = {(world.people[e.person].user, world.products[e.product].external_id) for e in world.events}
    held_out = {(user, item) for user, items in world.held_out.items() for item in items}
    assert len(held_out) > 300
    assert not met & held_out


def _recall_at_20(world: World, scores: np.ndarray) -> float:
    """Mean recall@20 of the held-out likes by ``scores`` (people, items), products already met left out."""
    scores = scores.copy()
    for event in world.events:
        scores[event.person, event.product] = -np.inf
    place = {product.external_id: product.index for product in world.products}
    row = {person.user: person.index for person in world.people}
    found = []
    for user, liked in world.held_out.items():
        top = set(np.argsort(-scores[row[user]])[:20].tolist())
        found.append(np.mean([place[item] in top for item in liked]))
    return float(np.mean(found))


def _history(world: World) -> np.ndarray:
    history = np.zeros((len(world.people), len(world.products)))
    for event in world.events:
        worth = _WORTH.get(event.kind, 0.0)
        history[event.person, event.product] = max(history[event.person, event.product], worth)
    return history


def _cosine(columns: np.ndarray) -> np.ndarray:
    unit = columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-9)
    similar = unit.T @ unit
    np.fill_diagonal(similar, 0.0)
    return similar


def test_a_plain_co_occurrence_model_finds_the_planted_likes(world: World) -> None:
    history = _history(world)
    popularity = np.repeat(history.sum(axis=0)[None], len(history), axis=0)
    assert _recall_at_20(world, history @ _cosine(history)) > 3 * _recall_at_20(world, popularity)


def test_what_can_be_seen_of_a_product_tells_something_too(world: World) -> None:
    history = _history(world)
    named = [f"{n}={getattr(p, n)}" for p in world.products for n in ("kind", "colour", "style", "material")]
    table = np.array(named).reshape(len(world.products), 4)
    features = np.stack([(table == name).any(axis=1) for name in sorted(set(named))]).astype(float)
    features -= features.mean(axis=1, keepdims=True)
    liked = np.where(history >= 1, 1.0, 0.0)
    chance = 20 / len(world.products)
    assert _recall_at_20(world, liked @ _cosine(features)) > 2 * chance


def test_a_few_products_get_a_large_share_of_the_clicks(world: World) -> None:
    clicks = Counter(event.product for event in world.events if event.kind == "click")
    best = sum(count for _, count in clicks.most_common(40))
    assert best > 0.18 * sum(clicks.values())


def test_stars_agree_with_the_planted_opinions(world: World) -> None:
    plain = [review for review in world.reviews if not review.sarcastic]
    mean = np.array([np.mean(list(review.aspects.values())) for review in plain])
    stars = np.array([review.rating for review in plain])
    assert np.corrcoef(mean, stars)[0, 1] > 0.9


def test_a_planted_opinion_is_said_in_the_text(world: World) -> None:
    for review in world.reviews:
        phrases = ENGLISH if review.language == "en" else CHINESE
        said = review.text.lower()
        words = attributes(world.products[review.product], review.language)
        for aspect, polarity in review.aspects.items():
            assert any(phrase.format(**words).lower() in said for phrase in phrases[aspect][polarity])


def test_sarcasm_praises_under_few_stars(world: World) -> None:
    sarcastic = [review for review in world.reviews if review.sarcastic]
    assert 0.02 * len(world.reviews) < len(sarcastic) < 0.15 * len(world.reviews)
    assert all(review.rating <= 2 for review in sarcastic)


def test_the_bad_batch_is_one_product_in_one_week_and_angry(world: World) -> None:
    incident = world.incident
    assert incident is not None
    hit = [review for review in world.reviews if review.incident]
    assert len(hit) >= 8
    assert incident.last_second - incident.first_second == 7 * 86_400
    for review in hit:
        assert review.product == incident.product
        assert incident.first_second <= review.seconds < incident.last_second
        assert review.rating <= 2


def test_reviews_are_written_in_both_languages(world: World) -> None:
    for review in world.reviews:
        assert detect_language(review.text) == review.language
    assert {review.language for review in world.reviews} == {"en", "zh"}


def test_a_world_without_people_is_a_catalogue() -> None:
    made = build_world(items=30, people=0, events=100, reviews=100)
    assert (made.events, made.reviews, made.held_out) == ((), (), {})
    assert replace(made, seed=8).seed == 8
