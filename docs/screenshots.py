"""Photographs a running demo site for the documents: ``.venv/bin/python docs/screenshots.py [ADDRESS]``.

Start the site with ``make demo`` first. Pictures are written to docs/images/, each below 300 kB.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TARGET = Path(__file__).resolve().parent / "images"
MOST_BYTES = 300_000
DESK = {"width": 1440, "height": 960}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Shot:
    """One picture: where, as whom, in which dress, and what to do first."""

    name: str
    path: str
    user: str = ""
    dark: bool = False
    chinese: bool = False
    phone: bool = False
    click: str = ""
    scroll: int = 0


SHOTS = (
    Shot("feed", "/", user="member"),
    Shot("feed-dark", "/", user="member", dark=True, scroll=640),
    Shot("feed-phone", "/", user="member", phone=True, scroll=380),
    Shot("feed-chinese", "/", user="member", chinese=True),
    Shot("item", "first", user="member", click=".why-box summary"),
    Shot("search", "/search/?q=red+dress&scores=1"),
    Shot("search-phone", "/search/", phone=True, dark=True),
    Shot("catalogue", "/manage/", user="catalogue"),
    Shot("jobs", "/jobs/", user="operator"),
    Shot("sentiment", "/analytics/sentiment/", user="analyst"),
    Shot("sentiment-dark", "/analytics/sentiment/compare/", user="analyst", dark=True),
    Shot("sentiment-phone", "/analytics/sentiment/", user="analyst", phone=True, scroll=300),
)


def main() -> int:
    """Exit code: 0 when every picture was taken."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--only", nargs="*", default=[], help="names of pictures")
    who = "member=demo001,catalogue=catalogue,operator=operator,analyst=analyst"
    parser.add_argument("--logins", default=who)
    options = parser.parse_args()
    logins = dict(pair.split("=") for pair in options.logins.split(","))
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("No Chromium on the PATH: sudo apt-get install chromium fonts-noto-cjk")
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for shot in SHOTS:
            if not options.only or shot.name in options.only:
                size = take(browser, shot, options.address.rstrip("/"), logins)
                print(f"{shot.name}.png {size // 1000} kB")
        browser.close()
    return 0


def take(browser: Browser, shot: Shot, site: str, logins: dict[str, str]) -> int:
    """Take one picture; its size in bytes."""
    context = browser.new_context(
        viewport=PHONE if shot.phone else DESK,
        device_scale_factor=2 if shot.phone else 1,
        is_mobile=shot.phone,
        has_touch=shot.phone,
        color_scheme="dark" if shot.dark else "light",
        locale="en",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if shot.user:
        log_in(page, site, logins[shot.user])
    language = "zh-hans" if shot.chinese else "en"
    theme = "dark" if shot.dark else "light"
    context.add_cookies(
        [
            {"name": "django_language", "value": language, "url": site},
            {"name": "theme", "value": theme, "url": site},
        ]
    )
    if shot.path == "first":
        page.goto(f"{site}/")
        page.goto(site + str(page.locator(".grid .tile-link").first.get_attribute("href")))
    else:
        page.goto(site + shot.path)
    if shot.click:
        page.click(shot.click)
    if shot.scroll:
        page.mouse.wheel(0, shot.scroll)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)
    picture = page.screenshot()
    context.close()
    return keep(picture, TARGET / f"{shot.name}.png")


def log_in(page: Page, site: str, name: str) -> None:
    """Through the form, with the password of the demo."""
    page.goto(f"{site}/accounts/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", os.environ.get("DEMO_PASSWORD", "mmsite-demo"))
    page.click("main button[type=submit]")
    page.wait_for_url(lambda address: "/accounts/login/" not in address)


def keep(picture: bytes, path: Path) -> int:
    """Write as PNG with as many colours, then pixels, as fit into MOST_BYTES."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    while True:
        for colours in (256, 160, 96):
            out = io.BytesIO()
            image.quantize(colours, method=Image.Quantize.MEDIANCUT).save(out, "PNG", optimize=True)
            if out.tell() <= MOST_BYTES:
                path.write_bytes(out.getvalue())
                return out.tell()
        image = image.resize((image.width * 9 // 10, image.height * 9 // 10), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sys.exit(main())
