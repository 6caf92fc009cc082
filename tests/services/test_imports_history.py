"""Interactions and reviews brought in, with the people they name."""

from __future__ import annotations

import itertools

import pytest
from django.contrib.auth.models import User

from recommender.models import Interaction, Item, Media, Review, Role
from tests.services.importing import archive, bring_in, outcome, picture, table

pytestmark = pytest.mark.django_db

LIKE = {"user": "ann", "item": "1", "kind": "like", "timestamp": "2024-01-02T03:04:05Z"}
RATED = {"user": "bob", "item": "2", "kind": "rating", "value": "4", "timestamp": "1700000000"}
REVIEW = {"id": "r1", "user": "ann", "item": "1", "text": "Lovely hat", "rating": "5", "time": "2024-01-02"}


@pytest.fixture(autouse=True)
def _items(db):
    Item.objects.bulk_create([Item(external_id=str(i), title=f"Item {i}") for i in range(1, 6)])


def history(path, rows):
    columns = dict.fromkeys(itertools.chain(*rows), "")
    return table(path, [columns | row for row in rows])


def test_interactions_come_with_their_people_who_cannot_log_in(tmp_path):
    batch = bring_in(history(tmp_path / "a.csv", [LIKE, RATED]))
    assert outcome(batch) == (2, 0, 0, 0)
    ann = User.objects.get(username="ann")
    assert not ann.has_usable_password()
    assert ann.profile.display_name == "ann"
    assert ann.groups.get().name == Role.MEMBER
    like = ann.interactions.get()
    assert (like.kind, like.created_at.isoformat()) == ("like", "2024-01-02T03:04:05+00:00")
    assert User.objects.get(username="bob").interactions.get().value == 4


def test_the_same_history_twice_adds_nothing(tmp_path):
    path = history(tmp_path / "a.csv", [LIKE, RATED, {"user": "ann", "item": "3", "kind": "view"}])
    bring_in(path)
    assert outcome(bring_in(path)) == (0, 0, 3, 0)
    assert Interaction.objects.count() == 3


def test_a_corrected_rating_is_corrected_with_and_without_a_time(tmp_path):
    undated = {"user": "ann", "item": "3", "kind": "rating", "value": "2"}
    bring_in(history(tmp_path / "a.csv", [RATED, undated]))
    batch = bring_in(history(tmp_path / "a.csv", [RATED | {"value": "1"}, undated | {"value": "5"}]))
    assert outcome(batch) == (0, 2, 0, 0)
    assert sorted(Interaction.objects.values_list("value", flat=True)) == [1, 5]


def test_a_like_is_a_like_once_whenever_it_was(tmp_path):
    bring_in(history(tmp_path / "a.csv", [LIKE]))
    batch = bring_in(history(tmp_path / "b.csv", [LIKE | {"timestamp": "2024-05-05"}]))
    assert outcome(batch) == (0, 0, 1, 0)


def test_a_known_person_keeps_their_account(tmp_path):
    User.objects.create_user("ann", password="secret-enough", email="ann@x.example")
    bring_in(history(tmp_path / "a.csv", [LIKE]))
    assert User.objects.get().check_password("secret-enough")


def test_a_row_of_an_unknown_item_is_refused_with_the_remedy(tmp_path):
    batch = bring_in(history(tmp_path / "a.csv", [LIKE, LIKE | {"item": "99"}]))
    assert outcome(batch) == (1, 0, 0, 1)
    issue = batch.issues.get()
    assert (issue.column, issue.value) == ("item", "99")
    assert "Import the catalogue first" in issue.remedy


def test_refused_rows_create_nobody(tmp_path):
    bring_in(history(tmp_path / "a.csv", [LIKE, {"user": "eve", "item": "99", "kind": "like"}]))
    assert not User.objects.filter(username="eve").exists()


def test_a_table_of_user_and_item_alone_is_clicks(tmp_path):
    bring_in(table(tmp_path / "a.csv", [{"user": "ann", "item": "1"}, {"user": "ann", "item": "2"}]))
    assert set(Interaction.objects.values_list("kind", flat=True)) == {"click"}


def test_reviews_come_with_photo_and_voice(tmp_path):
    wav = b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)
    rows = "id,user,item,text,rating,photos,voice\nr1,ann,1,很好的帽子,5,p.png,v.wav\n"
    batch = bring_in(archive(tmp_path / "a.zip", {"reviews.csv": rows, "p.png": picture(), "v.wav": wav}))
    assert (outcome(batch), batch.media_added) == ((1, 0, 0, 0), 2)
    review = Review.objects.get()
    assert (review.text, review.rating, review.language, review.user.username) == (
        "很好的帽子",
        5,
        "zh",
        "ann",
    )
    assert set(review.media.values_list("kind", flat=True)) == {"image", "audio"}


def test_the_same_reviews_twice_change_nothing_and_a_changed_one_changes(tmp_path):
    path = table(tmp_path / "a.csv", [REVIEW, REVIEW | {"id": "r2", "user": "bob"}])
    bring_in(path)
    assert outcome(bring_in(path)) == (0, 0, 2, 0)
    table(path, [REVIEW | {"rating": "3"}, REVIEW | {"id": "r2", "user": "bob"}])
    assert outcome(bring_in(path)) == (0, 1, 1, 0)
    assert Review.objects.get(external_id="r1").rating == 3


def test_a_review_without_an_id_is_known_by_what_it_says(tmp_path):
    anonymous = {key: value for key, value in REVIEW.items() if key != "id"}
    path = table(tmp_path / "a.csv", [anonymous, anonymous | {"text": "Itchy"}])
    assert outcome(bring_in(path)) == (2, 0, 0, 0)
    assert outcome(bring_in(path)) == (0, 0, 2, 0)


def test_an_empty_review_is_refused(tmp_path):
    batch = bring_in(table(tmp_path / "a.csv", [REVIEW, REVIEW | {"id": "r2", "text": "", "rating": ""}]))
    assert outcome(batch) == (1, 0, 0, 1)
    assert "empty" in batch.issues.get().reason


def test_a_photo_of_a_review_is_kept_on_the_second_import(tmp_path):
    rows = "id,user,item,text,photos\nr1,ann,1,Nice,p.png\n"
    path = archive(tmp_path / "a.zip", {"reviews.csv": rows, "p.png": picture()})
    bring_in(path)
    before = Media.objects.get().pk
    assert outcome(bring_in(path)) == (0, 0, 1, 0)
    assert Media.objects.get().pk == before


def test_real_ratings_are_brought_in(tmp_path, shared_data):
    with open(shared_data / "ml100k" / "ratings.csv", encoding="utf-8") as file:
        lines = list(itertools.islice(file, 2_001))
    path = tmp_path / "ratings.csv"
    path.write_text("".join(lines))
    items = {line.split(",")[1] for line in lines[1:]} - {str(i) for i in range(1, 6)}
    Item.objects.bulk_create([Item(external_id=key, title=key) for key in items])
    assert outcome(bring_in(path)) == (2_000, 0, 0, 0)
    assert outcome(bring_in(path)) == (0, 0, 2_000, 0)
