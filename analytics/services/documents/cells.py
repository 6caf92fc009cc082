"""Text in a cell is text: no spreadsheet may take what a reviewer wrote for a formula."""

from __future__ import annotations

#: What Excel, LibreOffice and Google Sheets take for the start of a formula, or skip before one; the wide
#: forms count where Chinese and Japanese are typed.
_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
#: Characters that Excel holds in one cell.
CELL_MOST = 32_767


#: Skipped in search of what a text begins with.
_SPACES = " \u00a0\u3000\ufeff"
_NOT_PLAIN = _DANGEROUS | set(_SPACES)


def neutral(text: str) -> str:
    """``text`` with an apostrophe before it where its beginning, after spaces, could start a formula."""
    if text[:1] not in _NOT_PLAIN:
        return text
    start = text.lstrip(_SPACES)[:1]
    return f"'{text}" if start in _DANGEROUS else text


def fitting(text: str) -> str:
    """A harmless text of a length that Excel holds; what is cut off is told by an ellipsis."""
    safe = neutral(text)
    # Excel counts UTF-16 units, of which a character has one or two.
    if len(safe) <= CELL_MOST // 2 or len(safe.encode("utf-16-le", "surrogatepass")) <= 2 * CELL_MOST:
        return safe
    return safe[: CELL_MOST // 2 - 1] + "…"
