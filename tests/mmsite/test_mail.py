"""Where mail goes, from one address."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsite import mail
from mmsite.env import SettingError


def test_mail_becomes_files_where_no_address_is_given(tmp_path: Path) -> None:
    told = mail.options("", tmp_path / "mail")
    assert told["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert told["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


def test_an_address_may_name_the_folder(tmp_path: Path) -> None:
    assert mail.options("file:///srv/out%20box", tmp_path)["EMAIL_FILE_PATH"] == "/srv/out box"


def test_smtp_is_spoken_with_starttls_unless_told_otherwise(tmp_path: Path) -> None:
    told = mail.options("smtp://ann%40shop:s%3Acret@mail.example", tmp_path)
    assert (told["EMAIL_HOST"], told["EMAIL_PORT"]) == ("mail.example", 587)
    assert (told["EMAIL_HOST_USER"], told["EMAIL_HOST_PASSWORD"]) == ("ann@shop", "s:cret")
    assert (told["EMAIL_USE_TLS"], told["EMAIL_USE_SSL"]) == (True, False)
    assert mail.options("smtp://localhost:25?tls=0", tmp_path)["EMAIL_USE_TLS"] is False


def test_smtps_speaks_tls_from_the_start(tmp_path: Path) -> None:
    told = mail.options("smtps://mail.example", tmp_path)
    assert (told["EMAIL_PORT"], told["EMAIL_USE_TLS"], told["EMAIL_USE_SSL"]) == (465, False, True)


@pytest.mark.parametrize("address", ["mail.example", "smtp://", "smtp://host:many", "file://", "pop3://host"])
def test_an_address_of_no_use_is_an_error_that_shows_the_form(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"EMAIL_URL cannot be used.*smtps://"):
        mail.options(address, tmp_path)


def test_an_error_does_not_show_the_password(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as told:
        mail.options("imap://ann:hunter2@host", tmp_path)
    assert "hunter2" not in str(told.value)
