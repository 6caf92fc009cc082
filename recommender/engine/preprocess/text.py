"""Words made clean: for people to read (``clean_text``) and for machines to compare (``normalise_text``)."""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
# Controls but tab and newline; zero-width and direction marks; the byte order mark; lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
_BLANKS = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_BREAKS = re.compile(r" ?\n(?: ?\n)+ ?")
_BLOCKS = _names("""
    address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul
""")
_UNSEEN = frozenset({"script", "style", "template", "head"})

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af\u1100-\u11ff]")
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = _names("""
    the a an and or of in on with for to from is are was it this that by at as be have has not you your we
    they i my me so very but all its were will can just if no more
""")
# French, German, Spanish, Italian, Portuguese, Dutch, Swedish; without those that are English words as well.
_OTHERS = _names("""
    le la une et est pour avec dans pas très que qui der das und ist nicht mit ein eine für auf den dem von zu
    sehr el los las una por para muy del es il lo gli che di non sono um não os na da het een voor niet och
    att som är på
""")


class _Reader(HTMLParser):
    """Collects the visible words of a page; block elements end a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def _without_markup(text: str) -> str:
    if _TAG.search(text):
        reader = _Reader()
        reader.feed(text.replace("\n", " "))
        reader.close()
        return "".join(reader.parts)
    return html.unescape(text) if _ENTITY.search(text) else text


def clean_text(text: str) -> str:
    """``text`` as a person should see it: no markup, no invisible characters, NFC, tidy blanks.

    Lines are kept (at most one empty line in a row); Chinese punctuation keeps its width.
    """
    if "<" in text or "&" in text:
        text = _without_markup(text)
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BLANKS.sub(" ", _INVISIBLE.sub("", text))
    return _BREAKS.sub("\n\n", text.replace(" \n", "\n").replace("\n ", "\n")).strip()


def normalise_text(s: str) -> str:
    """``s`` as encoders and search compare it: ``clean_text``, then NFKC (full width to half), one line."""
    text = clean_text(s)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def detect_language(s: str) -> str:
    """``"zh"``, ``"en"``, or ``""`` when it is neither or cannot be told.

    Chinese has at least as many Han characters as Latin words, so that brand names inside it do not tip it,
    and next to no kana or hangul. Latin text is English unless function words or accented letters of other
    languages outweigh its own.
    """
    han, words = len(_HAN.findall(s)), _WORD.findall(s.lower())
    latin = [word for word in words if word[0] < "\u0250"]
    if len(_KANA_HANGUL.findall(s)) > 0.1 * (han + 1):
        return ""
    if han and han >= len(latin):
        return "zh"
    if not latin or len(latin) < 0.7 * len(words):
        return ""
    english = sum(word in _ENGLISH for word in latin)
    foreign = sum(word in _OTHERS for word in latin) + sum(not word.isascii() for word in latin)
    return "en" if foreign <= english + 0.1 * len(latin) else ""
