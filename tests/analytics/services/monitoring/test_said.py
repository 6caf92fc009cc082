"""A sentence kept apart from any language is read in each, in the form that its number asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.translation import override

from analytics.services.monitoring.former import FORMER
from recommender.models.telling import translated, translated_json
from recommender.said import Said, ngettext_noop, say

WAITING = ngettext_noop(
    "{n} message waits in the queue {queue}, for {span}.",
    "{n} messages wait in the queue {queue}, the oldest for {span}.",
)


def stored(said: Said) -> Said:
    """As it comes back from the database."""
    return Said.of_json(json.loads(json.dumps(said.as_json())))


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "0 messages wait in the queue query, the oldest for 9 s."),
        (1, "1 message waits in the queue query, for 9 s."),
        (2, "2 messages wait in the queue query, the oldest for 9 s."),
    ],
)
def test_english_has_a_form_for_one_and_a_form_for_others(n: int, words: str) -> None:
    said = say(WAITING, n=n, queue="query", span=say("{n} s", n="9"))
    assert said == words
    assert translated(stored(said)) == words


@pytest.mark.parametrize("n", [0, 1, 2])
def test_chinese_has_one_form(n: int) -> None:
    said = say(WAITING, n=n, queue="query", span=say("{n} s", n="9"))
    with override("zh-hans"):
        assert translated(stored(said)) == f"队列 query 中有 {n} 条消息等待，最早的已等待 9 秒。"


def test_each_part_of_a_sentence_has_the_form_of_its_own_number() -> None:
    files = ngettext_noop("{n} file", "{n} files")
    said = say(
        "Removed for good: {rows} (old impressions, vectors of former encoders, old snapshots) "
        "and {files} of {size}.",
        rows=say(ngettext_noop("{n} row", "{n} rows"), n=1),
        files=say(files, n=2),
        size="3 kB",
    )
    told = "Removed for good: 1 row (old impressions, vectors of former encoders, old snapshots) "
    assert str(stored(said)) == told + "and 2 files of 3 kB."


def test_a_sentence_with_one_form_is_stored_as_before() -> None:
    assert say("Slow: {n}", n=1).as_json() == {"text": "Slow: {n}", "values": {"n": 1}}


@pytest.mark.parametrize(
    ("n", "english"),
    [
        (1, "1 message waits in the queue query, for 9 s."),
        (2, "2 messages wait in the queue query, the oldest for 9 s."),
    ],
)
def test_a_row_of_an_older_release_has_the_form_of_its_value_n(n: int, english: str) -> None:
    span = {"text": "{n} s", "values": {"n": "9"}}
    row = {"text": WAITING[0], "values": {"n": n, "queue": "query", "span": span}, "plural": WAITING[1]}
    assert translated_json(row) == english
    with override("zh-hans"):
        assert translated_json(row) == f"队列 query 中有 {n} 条消息等待，最早的已等待 9 秒。"


@pytest.mark.parametrize("row", [{}, {"text": "", "values": {}}])
def test_where_nothing_was_said_nothing_is_read(row: dict[str, Any]) -> None:
    with override("zh-hans"):
        assert translated_json(row) == ""
    assert not Said.of_json(row)


def test_a_value_that_is_no_sentence_stays_as_it_is() -> None:
    row = {"text": "{labels}", "values": {"labels": {"queue": "encode"}}}
    assert translated_json(row) == "{'queue': 'encode'}"


@pytest.mark.parametrize("text", FORMER)
def test_what_an_older_release_stored_is_read_in_both_languages(text: str) -> None:
    values = {"count": 3, "path": "index-3", "items": 3}
    row = {"text": text, "values": values}
    with override("zh-hans"):
        in_chinese = translated_json(row)
    assert translated_json(row) == text.format(**values)
    assert "3" in in_chinese
    assert "个" in in_chinese or "件" in in_chinese
