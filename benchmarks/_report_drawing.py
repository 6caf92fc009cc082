"""How long the site's own server takes for a page of the report, and Chromium until all charts are drawn."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence
from typing import Any

from benchmarks._browser import Open, chromium

PAGES = {
    "overview": "/analytics/sentiment/",
    "comparison": "/analytics/sentiment/compare/",
    "terms": "/analytics/sentiment/terms/",
}
#: Every how many of the selections is opened; the pages beside the overview are opened with fewer.
EVERY = {"overview": 5, "comparison": 17, "terms": 17}

_DRAWN = """() => new Promise((done) => {
  const look = () => {
    const boxes = [...document.querySelectorAll("[data-chart]")].filter((box) => box.clientWidth);
    const marks = performance.getEntriesByName("chart-drawn");
    const complete = document.readyState === "complete" && boxes.every((box) => box.dataset.drawn);
    if (!complete) return requestAnimationFrame(look);
    const answered = performance.getEntriesByType("navigation")[0].responseEnd;
    done([boxes.length, answered, Math.max(0, ...marks.map((mark) => mark.startTime))]);
  };
  look();
})"""


def drawn(asked: Sequence[Any], rounds: int) -> dict[str, list[float]]:
    """Milliseconds by page and end: "served" to a plain client, every selection once a round; "answered" and
    "drawn" in Chromium, some selections, each in a new profile; there, pages without a chart do not count.

    Args:
        asked: selections of the report.
    """
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.feed_latency import _free_port, _running, _wait_for_redis, _wait_for_web
    from mmsite import processes

    with _running(processes.redis()):
        _wait_for_redis()
        call_command("collectstatic", verbosity=0, interactive=False)
        port = _free_port()
        with _running(processes.web(port)):
            _wait_for_web(port)
            cookie = f"{settings.SESSION_COOKIE_NAME}={session()}"
            served = {}
            for name in PAGES:
                taken_by = _served(port, cookie, name, asked, rounds)
                served |= {f"{name}, first served": taken_by[: len(asked)], f"{name}, served": taken_by}
            with chromium(port, cookie) as open_page:
                taken = {name: _page(open_page, name, asked, rounds) for name in PAGES}
    ends = ("answered", "drawn")
    return served | {
        f"{name}, {end}": [one[at] for one in taken[name]] for at, end in enumerate(ends) for name in PAGES
    }


def _served(port: int, cookie: str, name: str, asked: Sequence[Any], rounds: int) -> list[float]:
    """Milliseconds from asking until the last byte, without a browser on the same cores.

    The first selection is asked for a few times before, which loads what a page needs. A worker reads sums
    from the database within the time, where it has not kept them.

    Raises:
        RuntimeError: another page came.
    """
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
    taken = []
    for number, one in enumerate([*asked[:1] * 4, *list(asked) * rounds]):
        address = f"http://127.0.0.1:{port}{PAGES[name]}?{one.as_query()}"
        began = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
            answer.read()
            if answer.url != address:
                raise RuntimeError(f"Asked for {address}, {answer.url} came.")
        if number >= 4:
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _page(open_page: Open, name: str, asked: Sequence[Any], rounds: int) -> list[tuple[float, float]]:
    """Milliseconds until it was answered and until it was drawn, of every opening."""
    addresses = [f"{PAGES[name]}?{one.as_query()}" for one in asked[:: EVERY[name]]]
    taken = []
    for number, address in enumerate([*addresses[:2], *addresses * rounds]):
        page = open_page(address)
        charts, answered, complete = page.evaluate(_DRAWN)
        page.context.close()
        if charts and number >= 2:  # browser and server have their first times
            taken.append((answered, complete))
    return taken


def session() -> str:
    """Of an analyst who is signed in."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from recommender.models import Role

    user, _made = User.objects.get_or_create(username="analyst")
    user.groups.add(Group.objects.get(name=Role.ANALYST))
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
