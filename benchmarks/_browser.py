"""Chromium, started once, that opens addresses of a site on this machine as somebody who is signed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
#: Opens an address below the site's root in a new profile, and gives playwright's page.
Open = Callable[[str], Any]


@contextmanager
def chromium(port: int, cookie: str) -> Iterator[Open]:
    """A browser with nothing in its caches for each page that is opened.

    Args:
        cookie: ``name=value`` of the session.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    name, _, value = cookie.partition("=")
    site = f"http://localhost:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=[*FLAGS])

        def open_page(address: str) -> Any:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en")
            context.add_cookies([{"name": name, "value": value, "url": site}])
            page = context.new_page()
            page.goto(f"{site}{address}")
            return page

        yield open_page
        browser.close()
