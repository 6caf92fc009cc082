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

_MIDDLING = re.compile(
    r"\b(?:all right|alright|okay|ok|so-so|so so|average|mediocre|decent|acceptable"
    r"|nothing special|mixed feelings|three stars|3 stars|not bad not good|neither good nor bad|meh)\b"
    r"|还可以|一般般|一般吧|还行|凑合|马马虎虎|中规中矩|感受比较复杂|三星|不好不坏|普普通通"
    r"|说不上好|无功无过|中等|将就"
)


def emoji_mood(text: str) -> float:
    """The sum of the moods of the emoji and faces in ``text`` (lower case), at most 5 either way."""
    total = 0.0 if text.isascii() else sum(EMOJI.get(character, 0.0) for character in text)
    if ":" in text or "_" in text or "^" in text or "<3" in text or "=)" in text or ";)" in text:
        total += sum(FACES[found] for found in _FACE.findall(text))
    return max(-5.0, min(5.0, total))


def middling(text: str) -> int:
    """How often ``text`` (lower case) says that something is neither good nor bad; at most 2."""
    return min(2, len(_MIDDLING.findall(text)))
