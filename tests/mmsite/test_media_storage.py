"""One address in the environment says where media are kept."""

from __future__ import annotations

import pytest

from mmsite import media_storage
from mmsite.env import SettingError


def test_nothing_set_keeps_media_on_this_machine() -> None:
    assert media_storage.options("") == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("s3://shop-media", {"bucket_name": "shop-media", "location": ""}),
        ("s3://shop-media/", {"bucket_name": "shop-media", "location": ""}),
        ("s3://shop.media/one/two/", {"bucket_name": "shop.media", "location": "one/two"}),
        (
            "s3://shop/site?region=eu-central-1&endpoint_url=https://minio.example:9000&addressing_style=path",
            {
                "bucket_name": "shop",
                "location": "site",
                "region_name": "eu-central-1",
                "endpoint_url": "https://minio.example:9000",
                "addressing_style": "path",
            },
        ),
        (
            "s3://shop?endpoint_url=http%3A%2F%2F10.0.0.3%3A9000",
            {"bucket_name": "shop", "location": "", "endpoint_url": "http://10.0.0.3:9000"},
        ),
        (
            "s3://shop?endpoint_url=http%3A%2F%2F[fd00::3]:9000",
            {"bucket_name": "shop", "location": "", "endpoint_url": "http://[fd00::3]:9000"},
        ),
    ],
)
def test_an_address_names_bucket_prefix_and_server(address: str, options: dict[str, str]) -> None:
    assert media_storage.options(address) == {"BACKEND": "mmsite.s3.S3MediaStorage", "OPTIONS": options}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/srv/media", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://no", "names no bucket"),
        ("https://bucket/prefix", "names no bucket"),
        ("s3://shop/site#now", "names no bucket"),
        ("s3://[shop", "cannot be used"),
        ("s3://shop/../other", "plain names"),
        ("s3://shop?endpoint=https://minio.example", "endpoint is not known"),
        ("s3://shop?endpoint_url=minio.example:9000", "endpoint_url is an address"),
        ("s3://shop?endpoint_url=https://", "endpoint_url is an address"),
        ("s3://shop?endpoint_url=https://minio.example:port", "endpoint_url is an address"),
        ("s3://shop?endpoint_url=http://my_minio:9000", "my_minio in endpoint_url cannot be the name"),
        ("s3://shop?endpoint_url=http://-minio.example", "cannot be the name of a machine"),
        ("s3://shop?addressing_style=both", "addressing_style is one of"),
    ],
)
def test_a_mistake_in_it_stops_the_start(address: str, told: str) -> None:
    with pytest.raises(SettingError, match="MEDIA_STORAGE") as caught:
        media_storage.options(address)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "s3://AKIAEXAMPLE:hush@shop/site",
        "s3://shop?access_key=AKIAEXAMPLE&secret_key=hush",
        "s3://shop?endpoint_url=https://AKIAEXAMPLE:hush@minio.example",
    ],
)
def test_credentials_in_it_are_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SettingError, match="AWS_SECRET_ACCESS_KEY") as caught:
        media_storage.options(address)
    assert "hush" not in str(caught.value)
    assert "AKIAEXAMPLE" not in str(caught.value)
