"""Pictures decoded once, safely: bounded, upright, 8-bit RGB, without metadata."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

#: Pictures with more pixels than this are refused before they are decoded (about 190 MB as RGB).
MAX_PIXELS = 64_000_000
THUMBNAIL_SIZES = (160, 480, 1080)
# Only decoders written to meet hostile files; no EPS (runs a program), no drawings, no camera raws.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, MemoryError)


def _name(source: str | Path | BinaryIO) -> str:
    if isinstance(source, str | Path):
        return Path(source).name
    name = getattr(source, "name", "")
    return Path(name).name if isinstance(name, str) and name else say(_("the picture"))


def open_image(
    path_or_file: str | Path | BinaryIO, *, max_pixels: int = MAX_PIXELS, fit: int = 0
) -> Image.Image:
    """Decode a picture to upright RGB with all metadata stripped; the first frame of an animation.

    Args:
        path_or_file: a path or a seekable binary file.
        max_pixels: width times height above which the picture is refused undecoded.
        fit: when set, a JPEG may be decoded at a fraction of its size, its short side still at least ``fit``
            pixels: several times faster where a small picture is wanted.

    Returns:
        An RGB image; transparency is laid over white, CMYK and embedded colour profiles become sRGB, 16-bit
        grey is scaled to 8 bits.

    Raises:
        MediaError: not a picture, a damaged or cut-off one, or one with too many pixels.
    """
    with _opened(path_or_file, max_pixels) as image:
        return _decode(image, fit)


def check_image(file: BinaryIO, *, glance: int = 64, most: int = 16_000_000) -> None:
    """Refuse what ``open_image`` would refuse, at little cost: nothing is turned, mixed or kept.

    Args:
        file: a seekable binary file, left at its beginning.
        glance: pixels of the short side at which a JPEG is tried.
        most: pixels above which a picture of another kind is not decoded, only its head is looked at: it
            would take as much memory as it has pixels.

    Raises:
        MediaError: as of ``open_image``.
    """
    with _opened(file, MAX_PIXELS) as image:
        if image.format == "JPEG" or image.width * image.height <= most:
            _draft(image, glance)
            image.seek(0)
            image.load()
    file.seek(0)


@contextmanager
def _opened(path_or_file: str | Path | BinaryIO, max_pixels: int) -> Iterator[Image.Image]:
    """A picture whose head was read; what is wrong with it, then or later, as MediaError."""
    name = _name(path_or_file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit only warns; ours is checked below
            with Image.open(path_or_file, formats=FORMATS) as image:
                if image.width * image.height > max_pixels:
                    raise _too_large(name, max_pixels)
                yield image
    except UnidentifiedImageError as error:
        told = say(_("{name} is not a picture that can be read."), name=name)
        raise MediaError(told, _("Use JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF.")) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, max_pixels) from error
    except FileNotFoundError as error:
        told = say(_("{name} does not exist."), name=name)
        raise MediaError(told, _("Upload the picture again.")) from error
    except _DAMAGED as error:
        told = say(_("{name} is damaged or cut off ({error})."), name=name, error=str(error))
        raise MediaError(told, _("Save the picture again and upload it once more.")) from error


def _too_large(name: str, max_pixels: int) -> MediaError:
    told = _("{name} has more than {limit} million pixels.")
    return MediaError(
        say(told, name=name, limit=f"{max_pixels / 1e6:g}"),
        _("Scale the picture down before uploading it."),
    )


def _draft(image: Image.Image, fit: int) -> None:
    """Let a JPEG be decoded at a fraction of its size, its short side still ``fit`` pixels."""
    if fit and image.format == "JPEG":
        short = min(image.size)
        wanted = tuple(max(1, round(side * fit / short)) for side in image.size)
        image.draft("RGB", wanted)  # type: ignore[arg-type]


def _decode(image: Image.Image, fit: int) -> Image.Image:
    _draft(image, fit)
    image.seek(0)
    image.load()
    upright = ImageOps.exif_transpose(image)
    rgb = _to_rgb(upright)
    # A copy of the pixels alone: no EXIF, no location, no profile, no comment travels on.
    clean = rgb.copy() if rgb is image else rgb
    clean.info = {}
    return clean


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        return _eight_bits(image).convert("RGB")
    if image.mode in ("RGB", "CMYK") and image.info.get("icc_profile"):
        image = _to_srgb(image)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits scaled to 8: by the 16-bit range, or by its own range where it exceeds that."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))  # (height, width)
    low, high = min(0.0, float(values.min())), float(values.max())
    if image.mode == "F" or high > 65535 or low < 0:
        span = (high - low) or 1.0
    else:
        low, span = 0.0, 65535.0 if high > 255 else 255.0
    return Image.fromarray(((values - low) * (255.0 / span)).round().astype(np.uint8))


def _to_srgb(image: Image.Image) -> Image.Image:
    """Through the embedded colour profile; a broken profile is ignored, as viewers do."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return image
        converted = ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if converted is None:
        return image
    converted.info.pop("icc_profile", None)
    return converted


def thumbnails(image: Image.Image) -> dict[int, bytes]:
    """WebP renditions by long side (``THUMBNAIL_SIZES`` pixels); a smaller picture is not enlarged.

    ``image`` is RGB, as ``open_image`` gives it. Each size is made from the next larger one.
    """
    made: dict[int, bytes] = {}
    current = image
    for size in sorted(THUMBNAIL_SIZES, reverse=True):
        if max(current.size) > size:
            current = current.copy()
            current.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
        out = io.BytesIO()
        current.save(out, "WEBP", quality=82 if size > 200 else 76, method=3)
        made[size] = out.getvalue()
    return dict(sorted(made.items()))
