"""``VECTOR_INDEX`` of a Milvus."""

from __future__ import annotations

import pytest

from recommender.errors import RecommenderError
from recommender.services.snapshots.address import Address, read_address


@pytest.mark.parametrize(
    ("spec", "address", "uri"),
    [
        ("milvus+http://db.example", Address("http", "db.example", 19530), "http://db.example:19530"),
        ("milvus+https://db:443/", Address("https", "db", 443), "https://db:443"),
        ("milvus+http://db:19531/shop", Address("http", "db", 19531, "shop"), "http://db:19531"),
        ("milvus+http://[::1]:19530", Address("http", "::1", 19530), "http://[::1]:19530"),
    ],
)
def test_an_address_is_read(spec: str, address: Address, uri: str) -> None:
    assert read_address(spec) == address
    assert address.uri == uri
    assert read_address(str(address)) == address


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "abacus",
        "milvus",
        "http://db:19530",
        "milvus+http://",
        "milvus+http://db:port",
        "milvus+http://db/a/b",
        "milvus+http://db/my-shop",
        "milvus+http://db?token=hush-hush",
        "milvus+http://root:hush-hush@db",
        "http://root:hush-hush@db",
    ],
)
def test_what_is_none_is_told_with_a_remedy_and_without_a_password(spec: str) -> None:
    with pytest.raises(RecommenderError) as told:
        read_address(spec)
    assert "VECTOR_INDEX" in told.value.remedy
    assert "hush" not in str(told.value)
