"""What no training set says often enough: the mood of emoji, and words that commit themselves to nothing."""

from __future__ import annotations

import re

_MOODS: dict[float, str] = {
    2.5: "😍🥰😘❤💕💖💗💓💘😻🤩🥳💯🏆👏👍🎉🙌😁😄😃😀😊☺🙂😆😋😎🤗😇💪👌✨🌟⭐🌹🎁♥🧡💛💚💙💜🤍💐😌😂🤣🔥",
    -2.5: "😡😠🤬😤👎💔😭😢😞😔😟😩😫😖😣☹🙁😰😨😱🤮🤢😒🙄💩😾😿🖕😑🤦😓😥😪🥺❌🚫⚠🤡😕👿",
    0.0: "😐😶🤔🤷😏🫤",
}
EMOJI: dict[str, float] = {emoji: mood for mood, many in _MOODS.items() for emoji in many}
#: Faces made of marks.
FACES: dict[str, float] = {
    ":)": 2.0, ":-)": 2.0, ":d": 2.0, ":-d": 2.0, "=)": 2.0, ";)": 1.0, "<3": 2.0, "xd": 1.0, "^_^": 2.0,
    "^^": 1.5,
    ":(": -2.0, ":-(": -2.0, ":'(": -2.0, "t_t": -2.0, "d:": -1.5, ">:(": -2.0, ":/": -1.0, "-_-": -1.0,
}  # fmt: skip
_FACE = re.compile("|".join(map(re.escape, sorted(FACES, key=len, reverse=True))))
_EMOJI = re.compile(f"[{''.join(EMOJI)}]")

_MIDDLING = re.compile(
    r"\b(?:all right|alright|okay|ok|so-so|so so|average|mediocre|decent|acceptable"
    r"|nothing special|mixed feelings|three stars|3 stars|not bad not good|neither good nor bad|meh)\b"
)
#: By itself: what begins with one of a few characters is found much sooner.
_MIDDLING_CHINESE = re.compile(
    r"还可以|一般般|一般吧|还行|凑合|马马虎虎|中规中矩|感受比较复杂|三星|不好不坏|普普通通"
    r"|说不上好|无功无过|中等|将就"
)


#: Blame that is taken back, which counts of words read as blame. English alone: in Chinese the characters of
#: a denial stand side by side, and n-grams learn it whole.
_TAKEN_BACK = re.compile(
    r"(?:\bnot|n't|\bnever|\bhardly)(?: (?:been|at all|all|so|that|too|even|really|actually|be|feel|felt))*"
    r" (?:bad(?:ly)?|terrible|awful|horrible|ugly|boring|dull|disappoint(?:s|ed|ing)?|annoy(?:ed|ing)|regret"
    r"|complain|unpleasant|uncomfortable|noisy|flimsy|let down|fail(?:s|ed)?)\b(?: at all\b)?"
    r"|\b(?:nothing wrong|no (?:problems?|complaints?|issues?|flaws?|regrets?|trouble|fault|downsides?))\b"
)
_TAKEN_BACK_WORTH = 3.0


def taken_back(text: str) -> list[tuple[int, int, float]]:
    """(start, end, worth) where ``text`` (lower case) denies something bad, the first two; the worth is what
    it adds to the log odds of positive instead of its words."""
    if not _MAY_DENY.search(text):
        return []
    found = list(_TAKEN_BACK.finditer(text))[:2]
    return [(match.start(), match.end(), _TAKEN_BACK_WORTH) for match in found]


_MAY_DENY = re.compile("not|n't|never|hardly|no ")


def emoji_mood(text: str) -> float:
    """The sum of the moods of the emoji and faces in ``text`` (lower case), at most 5 either way."""
    total = 0.0 if EMOJI.keys().isdisjoint(text) else sum(EMOJI[found] for found in _EMOJI.findall(text))
    if ":" in text or "_" in text or "^" in text or "<3" in text or "=)" in text or ";)" in text:
        total += sum(FACES[found] for found in _FACE.findall(text))
    return max(-5.0, min(5.0, total))


def middling(text: str) -> tuple[int, float]:
    """How often ``text`` (lower case) says that something is neither good nor bad, at most 2; and how much of
    it that is, between 0 and 1."""
    found = _MIDDLING.findall(text)
    if not text.isascii():
        found += _MIDDLING_CHINESE.findall(text)
    return min(2, len(found)), sum(map(len, found)) / max(1, len(text))
