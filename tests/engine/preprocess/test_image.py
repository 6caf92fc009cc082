"""Pictures of every odd kind, decoded to the same plain one."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from recommender.engine.preprocess import open_image, probe_media, thumbnails
from recommender.engine.preprocess.image import check_image
from recommender.errors import MediaError


def encoded(image: Image.Image, fmt: str = "PNG", **options) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    out.seek(0)
    return out


def gradient(width=64, height=48) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8))


def test_a_picture_taken_sideways_comes_out_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise
    path = tmp_path / "phone.jpg"
    gradient(64, 48).save(path, exif=exif, quality=95)
    image = open_image(path)
    assert image.size == (48, 64)
    assert (probe_media(path).width, probe_media(path).height) == (48, 64)
    # the left edge of what was stored, dark in red, is the top edge of what is seen
    pixels = np.asarray(image).astype(int)
    assert pixels[0, :, 0].mean() < 20 < 235 < pixels[-1, :, 0].mean()


def test_what_is_no_picture_behind_its_first_bytes_is_told_without_the_path_to_it(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnone")
    with pytest.raises(MediaError) as caught:
        probe_media(path)
    assert str(caught.value.message) == "photo.png is not a picture that can be read."


def test_metadata_does_not_travel_on(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    source = encoded(gradient(), "JPEG", exif=exif, comment=b"secret")
    image = open_image(source)
    assert image.info == {}
    assert b"taken at home" not in b"".join(thumbnails(image).values())
    assert not image.getexif()


def test_transparency_is_laid_over_white():
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert open_image(encoded(image)).getpixel((3, 3)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_is_laid_over_white():
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 200, 100, 50] + [0] * 762)
    image.putpixel((1, 1), 1)
    out = open_image(encoded(image, "GIF", transparency=0))
    assert out.getpixel((3, 3)) == (255, 255, 255)
    assert out.getpixel((1, 1)) == (200, 100, 50)


def test_cmyk_becomes_rgb():
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red ink
    red, green, blue = open_image(encoded(image, "JPEG", quality=95)).getpixel((8, 8))
    assert red > 200
    assert green < 60
    assert blue < 60


def test_sixteen_bit_grey_keeps_its_range():
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    out = np.asarray(open_image(encoded(Image.fromarray(values))))
    assert out.dtype == np.uint8
    assert out[0, 0, 0] == 0
    assert out[-1, -1, 0] == 255
    assert abs(int(out[8, 0, 0]) - 128) <= 1


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    source = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_image(source).getpixel((2, 2)) == (255, 0, 0)


def test_a_picture_cut_off_is_refused_with_its_name(tmp_path):
    path = tmp_path / "half.jpg"
    whole = encoded(gradient(400, 300), "JPEG").getvalue()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match=r"half\.jpg is damaged"):
        open_image(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_check_refuses_a_picture_cut_off_and_leaves_a_whole_one_at_its_beginning(kind: str):
    whole = encoded(gradient(400, 300), kind)
    check_image(whole)
    assert whole.tell() == 0
    with pytest.raises(MediaError, match="damaged"):
        check_image(io.BytesIO(whole.getvalue()[: len(whole.getvalue()) // 2]))
    with pytest.raises(MediaError, match="not a picture"):
        check_image(io.BytesIO(b"words"))


def test_a_check_does_not_decode_what_would_take_much_memory():
    whole = encoded(gradient(400, 300), "PNG").getvalue()
    check_image(io.BytesIO(whole[: len(whole) // 2]), most=400 * 300 - 1)
    with pytest.raises(MediaError, match="damaged"):
        check_image(io.BytesIO(whole[: len(whole) // 2]), most=400 * 300)


def test_a_picture_that_explodes_is_refused_before_it_is_decoded(tmp_path):
    """A PNG header of 50,000 by 50,000 pixels with almost no data behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(MediaError, match="million pixels"):
        open_image(path)
    with pytest.raises(MediaError, match="million pixels"):
        probe_media(path)


def test_the_limit_of_pixels_is_the_callers():
    with pytest.raises(MediaError, match=r"0\.001 million pixels"):
        open_image(encoded(gradient(64, 48)), max_pixels=1000)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_refused(content, tmp_path):
    path = tmp_path / "odd.png"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"odd\.png"):
        open_image(path)


def test_thumbnails_are_webp_in_three_sizes():
    made = thumbnails(gradient(2000, 1000))
    sizes = {size: Image.open(io.BytesIO(data)) for size, data in made.items()}
    assert {size: image.size for size, image in sizes.items()} == {
        160: (160, 80),
        480: (480, 240),
        1080: (1080, 540),
    }
    assert {image.format for image in sizes.values()} == {"WEBP"}


def test_a_small_picture_is_not_enlarged():
    assert all(
        Image.open(io.BytesIO(data)).size == (64, 48) for data in thumbnails(gradient(64, 48)).values()
    )


def test_a_very_narrow_picture_keeps_one_pixel():
    assert Image.open(io.BytesIO(thumbnails(gradient(5000, 2))[160])).size == (160, 1)


def test_fit_decodes_a_jpeg_smaller_but_large_enough():
    source = encoded(gradient(1600, 1200), "JPEG")
    image = open_image(source, fit=224)
    assert 224 <= min(image.size) < 1200


def test_real_photographs_are_read(shared_data):
    for path in sorted((shared_data / "fashion" / "images").iterdir())[:20]:
        assert open_image(path).mode == "RGB"
