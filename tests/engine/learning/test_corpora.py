"""Tables of captions that cannot be read."""

from __future__ import annotations

import pytest

from recommender.engine.learning.corpora import read_table
from recommender.errors import EncoderError


def test_a_table_that_is_not_there_is_named_with_its_remedy(tmp_path):
    with pytest.raises(EncoderError, match=r"captions\.csv does not exist.*Check its name"):
        read_table(tmp_path / "captions.csv")


def test_a_table_in_another_encoding_is_an_error_with_its_remedy(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_bytes("image,caption\na.png,红色\n".encode("gb18030"))
    with pytest.raises(EncoderError, match="UTF-8"):
        read_table(path)
