"""Text in a cell is text: no spreadsheet may take what a reviewer wrote for a formula."""

from __future__ import annotations

#: What Excel, LibreOffice and Google Sheets take for the start of a formula, or skip before one; the wide
#: forms count where Chinese and Japanese are typed.
_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
#: Characters that Excel holds in one cell.
CELL_MOST = 32_767


def neutral(text: str) -> str:
    """``text`` with an apostrophe before it where its beginning, after spaces, could start a formula."""
    start = text.lstrip(" \u00a0\u3000\ufeff")[:1] or text[:1]
    return f"'{text}" if start in _DANGEROUS and start else text


def fitting(text: str) -> str:
    """A harmless text of a length that Excel holds; what is cut off is told by an ellipsis."""
    safe = neutral(text)
    return safe if _length(safe) <= CELL_MOST else safe[: CELL_MOST // 2 - 1] + "…"


def _length(text: str) -> int:
    """As Excel counts: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
