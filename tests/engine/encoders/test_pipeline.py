"""Files in, vectors out, in order, whatever becomes of single files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recommender.engine.encoders import encode_image_files
from recommender.errors import EncoderError, MediaError
from tests.conformance.encoder_plugs import StatisticsEncoder


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(11)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(path)
    return paths


class InStreams(StatisticsEncoder):
    """One that is quickest with two batches side by side."""

    streams = 2

    def __init__(self) -> None:
        self.began: list[str] = []

    @contextmanager
    def side_by_side(self, streams: int) -> Iterator[Callable[[], None]]:
        yield lambda: self.began.append(threading.current_thread().name.split("_")[0])


@pytest.fixture(params=[StatisticsEncoder, InStreams], ids=["by one", "in streams"])
def encoder(request: pytest.FixtureRequest) -> StatisticsEncoder:
    made: StatisticsEncoder = request.param()
    return made


def test_vectors_come_in_the_order_of_the_files(encoder: StatisticsEncoder, files: list[Path]) -> None:
    expected = encoder.encode_images([Image.open(path) for path in files])
    outcomes = list(encode_image_files(encoder, files, batch_size=3, threads=4))
    assert [outcome.path for outcome in outcomes] == files
    np.testing.assert_array_equal(np.stack([o.vector for o in outcomes if o.vector is not None]), expected)


def test_a_damaged_file_gives_its_error_and_stops_nobody(
    encoder: StatisticsEncoder, files: list[Path]
) -> None:
    files[4].write_bytes(b"no picture")
    outcomes = list(encode_image_files(encoder, files, batch_size=3))
    assert [outcome.error is not None for outcome in outcomes] == [number == 4 for number in range(11)]
    assert isinstance(outcomes[4].error, MediaError)
    assert files[4].name in str(outcomes[4].error)


def test_a_batch_of_nothing_but_damaged_files_is_no_trouble(tmp_path: Path) -> None:
    missing = [tmp_path / f"{number}.jpg" for number in range(5)]
    assert all(outcome.error for outcome in encode_image_files(StatisticsEncoder(), missing, batch_size=2))


def test_no_files_give_no_outcomes(encoder: StatisticsEncoder) -> None:
    assert list(encode_image_files(encoder, [])) == []


def test_an_endless_stream_is_read_only_so_far_ahead(encoder: StatisticsEncoder, files: list[Path]) -> None:
    asked = []

    def endless() -> Sequence[Path]:
        for number in count():
            asked.append(number)
            yield files[number % len(files)]

    outcomes = list(islice(encode_image_files(encoder, endless(), batch_size=4, ahead=2), 5))
    assert len(outcomes) == 5
    assert len(asked) <= 64


@pytest.mark.parametrize("kind", [StatisticsEncoder, InStreams])
def test_the_model_sees_whole_batches(files: list[Path], kind: type[StatisticsEncoder]) -> None:
    assert sorted(_sizes(kind, files, 4)) == [3, 4, 4]


def test_few_files_are_dealt_out_to_all_streams(files: list[Path]) -> None:
    assert sorted(_sizes(InStreams, files, 16)) == [5, 6]


def _sizes(kind: type[StatisticsEncoder], files: list[Path], batch_size: int) -> list[int]:
    """Of the batches that the model is given."""
    sizes = []

    class Counting(kind):  # type: ignore[valid-type, misc]
        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            sizes.append(len(images))
            rows: np.ndarray = super().encode_images(images)
            return rows

    list(encode_image_files(Counting(), files, batch_size=batch_size))
    return sizes


def test_an_encoder_that_can_prepare_does_so_in_the_threads(files: list[Path]) -> None:
    where = set()

    class Preparing(StatisticsEncoder):
        def prepare_image(self, image: Image.Image) -> Image.Image:
            where.add(threading.current_thread().name.split("_")[0])
            return image

        def encode_prepared(self, prepared: Sequence[Image.Image]) -> np.ndarray:
            return self.encode_images(prepared)

    list(encode_image_files(Preparing(), files))
    assert where == {"decode"}


def test_each_stream_takes_its_share_of_the_cores_before_it_begins(files: list[Path]) -> None:
    encoder = InStreams()
    list(encode_image_files(encoder, files, batch_size=3))
    assert set(encoder.began) == {"stream"}
    assert len(encoder.began) <= encoder.streams


@pytest.mark.parametrize("kind", [StatisticsEncoder, InStreams])
def test_an_error_of_the_model_is_not_hidden(files: list[Path], kind: type[StatisticsEncoder]) -> None:
    class Broken(kind):  # type: ignore[valid-type, misc]
        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            raise EncoderError("out of order")

    with pytest.raises(EncoderError, match="out of order"):
        list(encode_image_files(Broken(), files))
