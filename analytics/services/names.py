"""What aspects, channels, languages and labels are called in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from analytics.contracts import NONE
from analytics.services.site_aspects import site_name

CHANNEL_NAMES: dict[str, Any] = {
    "text": gettext_lazy("Words"),
    "image": gettext_lazy("Picture"),
    "speech": gettext_lazy("Voice"),
}
#: what the channel of the words is called where recordings were listened to
HEARD_NAMES: dict[str, Any] = {
    "heard": gettext_lazy("Words heard"),
    "both": gettext_lazy("Words, written and heard"),
}
LABEL_NAMES: dict[str, Any] = {
    "negative": gettext_lazy("Negative"),
    "neutral": gettext_lazy("Neutral"),
    "positive": gettext_lazy("Positive"),
}
LANGUAGE_NAMES: dict[str, Any] = {"en": gettext_lazy("English"), "zh": gettext_lazy("Chinese")}
ASPECT_NAMES: dict[str, Any] = {
    "price": gettext_lazy("Price"),
    "quality": gettext_lazy("Quality"),
    "delivery": gettext_lazy("Delivery"),
    "service": gettext_lazy("Service"),
    "fit": gettext_lazy("Fit"),
    "comfort": gettext_lazy("Comfort"),
    "colour": gettext_lazy("Colour"),
    "look": gettext_lazy("Look"),
    "sound": gettext_lazy("Sound"),
    "battery": gettext_lazy("Battery"),
    "packaging": gettext_lazy("Packaging"),
    "size": gettext_lazy("Size"),
    "food": gettext_lazy("Food"),
    "ambience": gettext_lazy("Ambience"),
    "performance": gettext_lazy("Performance"),
    "display": gettext_lazy("Display"),
    "camera": gettext_lazy("Camera"),
}
#: what a report is broken down by
BY_NAMES: dict[str, Any] = {
    "item": gettext_lazy("Item"),
    "category": gettext_lazy("Category"),
    "aspect": gettext_lazy("Aspect"),
    "channel": gettext_lazy("Channel"),
    "language": gettext_lazy("Language"),
    "rating": gettext_lazy("Stars"),
}
#: orders of a list of reviews that can be chosen
ORDER_NAMES: dict[str, Any] = {
    "newest": gettext_lazy("Newest"),
    "negative": gettext_lazy("Most negative"),
    "positive": gettext_lazy("Most positive"),
    "disagreement": gettext_lazy("Most disagreement"),
    "unsure": gettext_lazy("Least sure"),
}
#: what has no value in a dimension
_WITHOUT: dict[str, Any] = {
    "category": gettext_lazy("no category"),
    "aspect": gettext_lazy("no aspect"),
    "channel": gettext_lazy("nothing readable"),
    "language": gettext_lazy("unknown language"),
    "rating": gettext_lazy("no rating"),
}


def name_of(by: str, key: Any, label: str = "") -> str:
    """What ``key`` of a breakdown is called; ``label`` where the site gives it a name of its own."""
    if key in (None, "", NONE):
        return str(_WITHOUT.get(by) or label or _("not known"))
    if by == "rating":
        return f"{key} ★"
    if by == "channel":
        return " + ".join(str(CHANNEL_NAMES.get(part, part)) for part in str(key).split("+"))
    if by == "language":
        return _language(str(key), label)
    if by == "aspect":
        own = site_name(str(key)) or ASPECT_NAMES.get(str(key)) or label
        return str(own or str(key).replace("_", " ").capitalize())
    return label or str(key)


def _language(code: str, label: str) -> str:
    known = LANGUAGE_NAMES.get(code.split("-", maxsplit=1)[0])
    if known or label:
        return str(known or label)
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
