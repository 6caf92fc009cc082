"""A Chinese admin reads in Chinese why something was refused; an English one, the same rows in English."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recommender.errors import EncoderError
from recommender.models import Embedding, EncoderSpace, ImportBatch, Job, Media
from recommender.said import say
from recommender.services import encode, imports, preprocess
from tests.services.shop import photo
from tests.web.conftest import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(as_: Callable[[str], Any]) -> Callable[..., str]:
    """The page at an address, in a language."""

    def page(language: str, name: str, *args: Any, role: str = "catalogue_admin") -> str:
        answer = as_(role).get(reverse(name, args=args), headers={"accept-language": language})
        assert answer.status_code == 200
        content = answer.getvalue() if answer.streaming else answer.content
        return content.decode()

    return page


def run(cast: Any, name: str, content: bytes) -> ImportBatch:
    batch = imports.receive_upload(SimpleUploadedFile(name, content), owner=cast.catalogue_admin)
    imports.start(batch, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    return batch


def broken_archive() -> bytes:
    """A ZIP whose table is damaged after its beginning, which only reading it to the end shows."""
    rows = "".join(f"{n},Hât number {n * n * 7919 % 104729}\n" for n in range(60_000))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("goods.csv", "id,title\n" + rows)
    content = bytearray(out.getvalue())
    middle = len(content) * 3 // 4
    content[middle : middle + 400] = bytes(400)
    return bytes(content)


def test_a_bad_row(cast: Any, read: Callable[..., str]) -> None:
    batch = run(cast, "goods.csv", b"id,title,price\n1,Hat,5\n2,Cap,1O\n")
    chinese = read("zh-hans", "import", batch.pk)
    assert "不是价格" in chinese
    assert "是不是 10？数字的位置上有字母。" in chinese
    english = read("en", "import", batch.pk)
    assert "is not a price" in english
    assert "Did you mean 10? A letter stands where a digit belongs." in english


def test_a_broken_archive(cast: Any, read: Callable[..., str]) -> None:
    batch = run(cast, "goods.zip", broken_archive())
    assert batch.state == "failed"
    for page, args in (("import", [batch.pk]), ("job", [batch.job.pk]), ("jobs", [])):
        role = "catalogue_admin" if page == "import" else "operator"
        assert "已损坏或不完整" in read("zh-hans", page, *args, role=role)
        assert "请重新打包，并完整上传。" in read("zh-hans", page, *args, role=role)
        assert "is damaged or cut off" in read("en", page, *args, role=role)


def test_a_file_that_is_refused_at_once(as_: Callable[[str], Any]) -> None:
    def answer(language: str) -> str:
        file = SimpleUploadedFile("goods.zip", b"PK\x03\x04 broken")
        headers = {"accept-language": language, "accept": "application/json"}
        told = as_("catalogue_admin").post(reverse("upload"), {"file": file}, headers=headers)
        return str(told.json()["error"])

    assert "不是完整的 ZIP 压缩包" in answer("zh-hans")
    assert "is not a whole ZIP archive" in answer("en")


def test_a_damaged_picture(shop: Shop, tmp_path: Path, read: Callable[..., str]) -> None:
    stored = imports.store_media(io.BytesIO(photo("red")[:300]), "image", "cup.jpg")
    Media.objects.create(
        item=shop.items[2], kind="image", file=stored.name, checksum=stored.checksum, source="cup.jpg"
    )
    preprocess.prepare_pending()
    for page, args in (("failed_media", []), ("manage_item", [shop.items[2].pk])):
        chinese = read("zh-hans", page, *args)
        assert "cup.jpg 已损坏" in chinese
        assert "请重新保存图片。" in chinese
        assert "cup.jpg is damaged" in read("en", page, *args)


def test_a_failed_download(shop: Shop, read: Callable[..., str]) -> None:
    # Port 9 of this machine answers nobody.
    address = "http://127.0.0.1:9/cup.jpg"
    Media.objects.create(item=shop.items[3], kind="image", source=address, attempts=2)
    preprocess.prepare_pending()
    assert f"无法下载 {address}" in read("zh-hans", "failed_media")
    assert f"{address} could not be fetched" in read("en", "failed_media")


def test_rows_and_media_of_before_are_still_shown(shop: Shop, read: Callable[..., str]) -> None:
    batch = ImportBatch.objects.create(filename="old.csv", path="x", state="done", rejected=1)
    batch.issues.create(source="old.csv", row=2, reason="the row has 9 cells", remedy="Count them.")
    Job.objects.create(kind="import", state="failed", error="It broke then.")
    for language in ("zh-hans", "en"):
        assert "the row has 9 cells" in read(language, "import", batch.pk)
        assert "The picture is cut short." in read(language, "failed_media")
        assert "It broke then." in read(language, "jobs", role="operator")


def test_the_download_is_in_the_readers_language(cast: Any, read: Callable[..., str]) -> None:
    batch = run(cast, "goods.csv", b"id,title,price\n1,Hat,5\n2,Cap,cheap\n")
    assert "不是价格" in read("zh-hans", "import_issues", batch.pk)
    assert "is not a price" in read("en", "import_issues", batch.pk)


def test_the_pages_of_the_database_show_both(shop: Shop, cast: Any, as_: Callable[[str], Any]) -> None:
    batch = run(cast, "goods.csv", b"id,title,price\n1,Hat,5\n2,Cap,cheap\n")
    cast.catalogue_admin.is_superuser = cast.catalogue_admin.is_staff = True
    cast.catalogue_admin.save()
    site = as_("catalogue_admin")

    def page(name: str, *args: Any, search: str = "") -> str:
        headers = {"accept-language": "zh-hans"}
        return site.get(
            reverse(name, args=args), {"q": search} if search else {}, headers=headers
        ).content.decode()

    assert "不是价格" in page("admin:recommender_importissue_changelist", search="is not a price")
    assert "is not a price" in page("admin:recommender_importissue_change", batch.issues.get().pk)


def test_a_row_that_went_in_without_its_price_is_not_said_to_be_refused(
    cast: Any, read: Callable[..., str]
) -> None:
    row = b'{"asin": "B1", "title": "Cup", "imUrl": "", "price": "<span>5</span>"}\n'
    batch = run(cast, "meta.jsonl", row)
    page = read("zh-hans", "import", batch.pk)
    assert "已导入但不完整的行" in page
    assert "被拒的行" not in page
    page = read("en", "import", batch.pk)
    assert "Rows that went in, but not whole" in page
    assert "Rows that were refused" not in page


def test_what_could_not_be_encoded(shop: Shop, read: Callable[..., str]) -> None:
    space = EncoderSpace.objects.create(name="s", spec="s", dim=4)
    row = Embedding.objects.create(space=space, item=shop.items[4], modality="text")
    encode._write([row], [EncoderError(say("The encoder broke over it ({error}).", error="E: {x}"))])
    assert "编码器处理它时出错（E: {x}）。" in read("zh-hans", "failed_media")
    assert "The encoder broke over it (E: {x})." in read("en", "failed_media")
