"""Two families of research sets, in their own formats."""

from __future__ import annotations

import json

import pytest

from recommender.engine.formats import open_source
from recommender.errors import FormatError
from tests.engine.formats.reading import read, write, write_zip

COCO = {
    "info": {"year": 2017},
    "images": [
        {
            "id": 9,
            "file_name": "000009.jpg",
            "coco_url": "http://x.example/9.jpg",
            "width": 640,
            "height": 480,
        },
        {"id": 25, "file_name": "000025.jpg", "coco_url": "http://x.example/25.jpg"},
        {"id": 30, "file_name": "000030.jpg"},
    ],
    "annotations": [
        {"image_id": 25, "id": 1, "caption": "A giraffe eats leaves."},
        {"image_id": 9, "id": 2, "caption": "A tray of food. "},
        {"image_id": 25, "id": 3, "caption": "Tall animal in a zoo."},
    ],
}


def test_captions_are_gathered_by_picture_in_whatever_order(tmp_path):
    for order in (["images", "annotations"], ["annotations", "images"]):
        path = write(tmp_path / "captions.json", json.dumps({"info": {}} | {key: COCO[key] for key in order}))
        records, problems = read(path)
        assert [record.values["external_id"] for record in records] == ["9", "25", "30"]
        assert records[1].values["description"] == "A giraffe eats leaves.\nTall animal in a zoo."
        # no archive came along, so the address stands in for the file; the third picture has neither
        assert records[0].media[0].url == "http://x.example/9.jpg"
        assert [problem.column for problem in problems] == ["file_name"]


def test_pictures_of_a_coco_archive_are_found_in_their_folder(tmp_path):
    path = write_zip(
        tmp_path / "coco.zip",
        {"annotations/captions_val.json": json.dumps(COCO), "val/000009.jpg": b"a", "val/000025.jpg": b"b",
         "val/000030.jpg": b"c"},
    )  # fmt: skip
    records, problems = read(path)
    assert not problems
    assert [record.media[0].member for record in records] == [
        "val/000009.jpg",
        "val/000025.jpg",
        "val/000030.jpg",
    ]


def test_marked_objects_become_categories(tmp_path):
    marked = {
        "info": {},
        "images": [{"id": 1, "file_name": "a.jpg", "coco_url": "http://x.example/a.jpg"}],
        "annotations": [{"image_id": 1, "category_id": c, "segmentation": [[1.5, 2.5]]} for c in (18, 1, 1)],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
    }
    (record,), _ = read(write(tmp_path / "instances.json", json.dumps(marked)))
    assert record.values["category"] == "person"
    assert record.values["attributes"]["objects"] == ["person", "dog"]
    assert record.values["title"] == "person, dog"


def test_a_picture_of_which_nothing_is_known_is_called_by_its_file(tmp_path):
    marked = {"info": {}, "images": [{"id": 1, "file_name": "train/harbour.jpg"}], "annotations": []}
    (record,), _ = read(write(tmp_path / "instances.json", json.dumps(marked)))
    assert record.values["title"] == "harbour"


def test_annotations_cut_off_are_an_error_that_says_so(tmp_path):
    path = write(tmp_path / "captions.json", json.dumps(COCO)[:-60])
    with open_source(path) as source, pytest.raises(FormatError, match="stops being JSON") as caught:
        list(source.records(source.guess_mapping()))
    assert caught.value.message == "captions.json stops being JSON (parse error: premature EOF)."


FILM = "1|Toy Story (1995)|01-Jan-1995||http://imdb.example/1|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"
FRENCH = "2|Misérables, Les (1995)|01-Jan-1995||http://imdb.example/2|0|0|0|0|0|0|0|0|1|0|0|0|1|0|0|0|0|0|0"


def test_u_item_is_latin_1_and_its_flags_are_genres(tmp_path):
    records, problems = read(write(tmp_path / "u.item", f"{FILM}\n{FRENCH}\n", "latin-1"))
    assert not problems
    assert records[1].values["title"] == "Misérables, Les (1995)"
    assert records[0].values["category"] == "Animation"
    assert records[0].values["attributes"]["genres"] == ["Animation", "Children's", "Comedy"]


def test_u_data_is_ratings_in_tabs(tmp_path):
    path = write(tmp_path / "u.data", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n")
    records, problems = read(path)
    assert not problems
    assert [record.kind for record in records] == ["interaction"] * 2
    assert records[0].row == 1
    assert (records[0].values["user"], records[0].values["kind"], records[0].values["value"]) == (
        "196",
        "rating",
        3.0,
    )
    assert records[0].values["timestamp"].isoformat() == "1997-12-04T15:55:49+00:00"


def test_the_million_set_has_double_colons(tmp_path):
    path = write_zip(
        tmp_path / "ml-1m.zip",
        {
            "ml-1m/movies.dat": "1::Toy Story::Animation|Comedy\n2::Amélie: le film::Comedy\n".encode(
                "latin-1"
            ),
            "ml-1m/ratings.dat": "1::1::5::978300760\n",
            "ml-1m/users.dat": "1::F::1::10::48067\n",
            "ml-1m/README": "hi",
        },
    )
    with open_source(path) as source:
        assert source.kinds == ("item", "interaction")
    films, _ = read(path, "item")
    ratings, _ = read(path, "interaction")
    assert films[1].values["title"] == "Amélie: le film"
    assert ratings[0].values["item"] == "1"


def test_a_list_of_people_is_nothing_to_import(tmp_path):
    with pytest.raises(FormatError, match="lists people"):
        open_source(write(tmp_path / "u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n"))


def test_ratings_csv_and_movies_csv_are_understood(tmp_path):
    movies, _ = read(
        write(
            tmp_path / "movies.csv",
            "movieId,title,genres\n1,Toy Story,Animation|Comedy\n2,X,(no genres listed)\n",
        )
    )
    assert [movie.values.get("category") for movie in movies] == ["Animation", ""]
    ratings, _ = read(write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.5,964982703\n"))
    assert ratings[0].values["value"] == 4.5


def test_the_real_movielens_folder_is_read_with_its_posters(shared_data):
    with open_source(shared_data / "ml100k", allow_local_paths=True) as source:
        assert source.kinds == ("item", "interaction")
        found = list(source.records(source.guess_mapping("item"), "item"))
        assert len(found) == 1682
        assert sum(bool(record.media) for record in found) == 1510
