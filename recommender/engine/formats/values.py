"""Cells to values. A parser returns the value, or raises Unreadable with the reason and the remedy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from recommender.engine.formats.base import Unreadable, as_text
from recommender.engine.formats.prices import currency, price
from recommender.engine.formats.times import from_epoch, from_words
from recommender.engine.preprocess.text import clean_text
from recommender.said import gettext_noop as _
from recommender.said import say

MAX_TEXT = 100_000
MAX_NAMES = 100
KINDS = ("view", "click", "like", "dislike", "hide", "save", "purchase", "rating")

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_DAY = re.compile(r"(19[789]|20\d)\d[01]\d[0-3]\d")  # 20240531
_LEAST_EPOCH = 1e8  # seconds; in 1973
_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

_AVAILABILITY = {
    "available": "available true yes y 1 t instock active published onsale live preorder "
    "上架 在售 有货 有 是 可售 已上架",
    "unavailable": "unavailable false no n 0 f outofstock soldout draft inactive unpublished backorder "
    "缺货 售罄 无货 无 否 待上架",
    "retired": "retired archived deleted discontinued removed 下架 已下架 停售 停产 删除",
}
_AVAILABILITY_WORDS = {word: state for state, words in _AVAILABILITY.items() for word in words.split()}
_KIND_WORDS = {
    word: kind
    for kind, words in {
        "view": "view views viewed pv impression see seen visit detail 浏览 查看 曝光",
        "click": "click clicks clicked open tap 点击",
        "like": "like likes liked love thumbsup fav upvote 喜欢 点赞 赞",
        "dislike": "dislike disliked thumbsdown downvote 不喜欢 踩",
        "hide": "hide hidden dismiss notinterested 隐藏 不感兴趣",
        "save": "save saved bookmark favorite favourite wishlist addtowishlist cart addtocart collect "
        "收藏 加购 加入购物车",
        "purchase": "purchase purchased buy bought order ordered transaction checkout 购买 下单 成交 买",
        "rating": "rating rate rated stars 评分 打分",
    }.items()
    for word in words.split()
}
_LANGUAGES = {
    "chinese": "zh", "中文": "zh", "汉语": "zh", "简体中文": "zh", "繁體中文": "zh", "cn": "zh", "zho": "zh",
    "chi": "zh",
    "english": "en", "英文": "en", "英语": "en", "eng": "en",
}  # fmt: skip


_SHORTEN = _("Shorten it.")
_NOT_AN_OBJECT = _("is not a JSON object"), _('Write {"colour": "red"}.')


def _too_long(limit: int, remedy: str = _SHORTEN) -> Unreadable:
    return Unreadable(say(_("is longer than {limit} characters"), limit=f"{limit:,}"), remedy)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else as_text(value)


def _squeezed(value: Any) -> str:
    return re.sub(r"[\s_\-]+", "", as_text(value)).lower()


def key(value: Any, limit: int = 200) -> str:
    """An identifier: text or a whole number, one line, at most ``limit`` characters."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list | dict | bool):
        raise Unreadable(_("is not an id"), _("Write one short text or number."))
    text = (
        value.strip()
        if isinstance(value, str) and value.isascii() and value.isprintable()
        else clean_text(_written(value))
    )
    if len(text) > limit:
        raise _too_long(limit)
    return " ".join(text.split()) if " " in text or "\n" in text else text


def user_key(value: Any) -> str:
    return key(value, 150)


def _unwritten(value: Any) -> Any:
    """A list that a table could only hold as JSON, as the error report writes it; else ``value`` itself."""
    if not isinstance(value, str) or not value.startswith(('["', '[["')):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if isinstance(parsed, list) else value


def text(value: Any) -> str:
    """Running text: markup stripped; a list becomes paragraphs."""
    value = _unwritten(value)
    if isinstance(value, list):
        return "\n".join(filter(None, (text(part) for part in value)))
    cleaned = clean_text(_written(value))
    if len(cleaned) > MAX_TEXT:
        raise _too_long(MAX_TEXT)
    return cleaned


def title(value: Any) -> str:
    line = " ".join(clean_text(_written(value)).split())
    if len(line) > 500:
        raise _too_long(500, _("Shorten it; put the rest into the description."))
    return line


def number(value: Any) -> float | None:
    written = as_text(value).strip()
    if not written:
        return None
    plain = written.replace(",", ".") if written.count(",") == 1 and "." not in written else written
    if not _NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        raise Unreadable(_("is not a number"), _("Write digits with a point, such as 4.5."))
    return float(plain)


def stars(value: Any) -> int | None:
    amount = number(value)
    if amount is None:
        return None
    if not amount.is_integer() or not 1 <= amount <= 5:
        raise Unreadable(_("is not a rating"), _("Write a whole number from 1 to 5."))
    return int(amount)


def availability(value: Any) -> str:
    word = _squeezed(value)
    if not word:
        return ""
    found = _AVAILABILITY_WORDS.get(word) or _AVAILABILITY_WORDS.get(word.removesuffix(".0"))
    if found is None:
        raise Unreadable(_("is not known as an availability"), _("Write available, unavailable or retired."))
    return found


def kind(value: Any) -> str:
    word = _squeezed(value)
    if word and word not in _KIND_WORDS:
        remedy = say(_("Write one of {kinds}."), kinds=", ".join(KINDS))
        raise Unreadable(_("is not a kind of interaction"), remedy)
    return _KIND_WORDS.get(word, "")


def language(value: Any) -> str:
    word = as_text(value).strip().lower()
    if not word:
        return ""
    if word in _LANGUAGES:
        return _LANGUAGES[word]
    if not _CODE.fullmatch(word):
        raise Unreadable(_("is not a language"), _("Write a code such as zh or en."))
    return word.replace("_", "-").split("-")[0]


def timestamp(value: Any) -> datetime | None:
    """Aware, in UTC: from seconds, milliseconds or microseconds since 1970, or from a written date."""
    written = as_text(value).strip()
    if not written:
        return None
    moment = from_words(written) if not _NUMBER.fullmatch(written) or _DAY.fullmatch(written) else None
    if moment is None and _NUMBER.fullmatch(written):
        moment = from_epoch(float(written))
    if moment is None or not 1970 <= moment.year < 2100:
        raise Unreadable(_("is not a time"), _("Write 2024-05-31T14:05:00Z, or seconds since 1970."))
    return moment


def published(value: Any) -> datetime | None:
    """As ``timestamp``, but of any year, which a small number would be rather than seconds."""
    written = as_text(value).strip()
    if not written:
        return None
    is_number = _NUMBER.fullmatch(written) and not _DAY.fullmatch(written)
    moment = from_words(written) if not is_number else None
    if is_number and float(written) >= _LEAST_EPOCH:
        moment = from_epoch(float(written))
    if moment is None or not 1000 <= moment.year < 2100:
        raise Unreadable(_("is not a date"), _("Write 2024-05-31, or 2024-05-31T14:05:00Z."))
    return moment


def _as_list(value: Any) -> list[Any]:
    """A JSON list, a list written as JSON, or text with bars between."""
    if isinstance(value, list):
        return value
    written = as_text(value).strip()
    if written.startswith("["):
        try:
            parsed = json.loads(written)
        except (ValueError, RecursionError) as error:
            reason, remedy = _("starts like a JSON list but is none"), _('Write ["a", "b"], or a|b.')
            raise Unreadable(reason, remedy) from error
        return parsed if isinstance(parsed, list) else [parsed]
    return written.split("|")


def names(value: Any) -> list[str]:
    """File names or addresses (or captions), several with | between or as a JSON list."""
    found = []
    for part in [value] if isinstance(value, dict) else _as_list(value):
        if isinstance(part, dict):  # Amazon's newer files: {"large": url, "thumb": url}; shops: {"src": url}
            part = next(
                (part[size] for size in ("hi_res", "large", "url", "src", "thumb") if part.get(size)), ""
            )
        name = clean_text(_written(part)) if part is not None else ""
        if name:
            found.append(name)
    if len(found) > MAX_NAMES:
        raise Unreadable(say(_("names more than {limit} files"), limit=MAX_NAMES), _("Leave some out."))
    if any(len(name) > 1000 for name in found):
        raise _too_long(1_000, _("Shorten the name or address."))
    return found


def captions(value: Any) -> list[str]:
    """As ``names``, but an empty caption keeps its place."""
    return [" ".join(clean_text(_written(part)).split())[:2_000] for part in _as_list(value)][:MAX_NAMES]


def category(value: Any) -> str:
    """A path with " > " between its parts; a list is a path as well, and of a list of lists the first."""
    value = _unwritten(value)
    if isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    parts = value if isinstance(value, list) else re.split(r"\s*[>›»＞]\s*", as_text(value))
    cleaned = [" ".join(clean_text(_written(part)).split()) for part in parts]
    path = [part for part in cleaned if part]
    if any(len(part) > 120 for part in path) or len(path) > 12 or len(" > ".join(path)) > 500:
        raise Unreadable(
            _("is too long for a category"), _("Use at most 12 levels of 120 characters, 500 in all.")
        )
    return " > ".join(path)


def categories(value: Any) -> list[str]:
    """Several category paths: a list of names, a list of paths, or names with | between."""
    parts = _as_list(value)
    return [path for path in (category(part) for part in parts) if path and path != "(no genres listed)"]


def attributes(value: Any) -> dict[str, Any]:
    """A JSON object, or one written as text."""
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Unreadable(*_NOT_AN_OBJECT) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(*_NOT_AN_OBJECT)
    return {as_text(name)[:100]: attribute(part) for name, part in value.items() if part not in (None, "")}


def attribute(value: Any, depth: int = 0) -> Any:
    """A value of an attribute: text, number, truth, or a list of them; anything deeper is kept as text."""
    if depth == 0:
        value = _unwritten(value)
    if isinstance(value, str):
        cleaned = value.strip() if value.isascii() and value.isprintable() else clean_text(value)
        if len(cleaned) > 2_000:
            raise _too_long(2_000, _("Map it to the description, or leave it out."))
        return cleaned
    if isinstance(value, bool | int) or value is None:
        return value if value is None or abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list) and depth == 0:
        return [attribute(part, 1) for part in value[:100]]
    return as_text(value)[:2_000]


PARSERS: dict[str, Callable[[Any], Any]] = {
    "key": key,
    "key150": user_key,
    "text": text,
    "title": title,
    "price": price,
    "currency": currency,
    "number": number,
    "stars": stars,
    "availability": availability,
    "kind": kind,
    "language": language,
    "timestamp": timestamp,
    "published": published,
    "names": names,
    "captions": captions,
    "category": category,
    "categories": categories,
    "attributes": attributes,
}
