"""What people call the values of the dimensions, in the language of the page."""

from __future__ import annotations

from django.utils.translation import get_language_info, gettext, gettext_lazy, pgettext

#: Marked for translation here; a site's own aspects are shown as they are written.
ASPECT_NAMES = {
    "price": gettext_lazy("price"), "quality": gettext_lazy("quality"), "delivery": gettext_lazy("delivery"),
    "service": gettext_lazy("service"), "fit": gettext_lazy("fit"), "comfort": gettext_lazy("comfort"),
    "colour": gettext_lazy("colour"), "look": gettext_lazy("look"), "sound": gettext_lazy("sound"),
    "battery": gettext_lazy("battery"), "packaging": gettext_lazy("packaging"), "size": gettext_lazy("size"),
    "food": gettext_lazy("food"), "ambience": gettext_lazy("ambience"),
    "performance": gettext_lazy("performance"), "display": gettext_lazy("display"),
}  # fmt: skip
_LANGUAGES = {"zh": "zh-hans"}


def aspect_name(aspect: str) -> str:
    if not aspect:
        return pgettext("report", "no aspect")
    return str(ASPECT_NAMES.get(aspect) or aspect.replace("_", " "))


def channel_name(channel: str) -> str:
    names = {"text": gettext("text"), "image": gettext("picture"), "speech": gettext("speech")}
    return names.get(channel) or gettext("nothing readable")


def language_name(language: str) -> str:
    if not language:
        return gettext("unknown language")
    try:
        return str(get_language_info(_LANGUAGES.get(language, language))["name_translated"])
    except KeyError:
        return language
