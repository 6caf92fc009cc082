"""Category paths to rows, made on first meeting."""

from __future__ import annotations

from recommender.models import Category

MAX_NEW = 20_000


class CategoryTree:
    """The categories by path; ``ensure`` makes what is missing, with all its parents."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._chinese: set[str] = set()
        self._made = 0
        for path, pk, name_zh in Category.objects.values_list("path", "pk", "name_zh"):
            self._remember(path, pk, bool(name_zh))

    def _remember(self, path: str, pk: int, has_chinese: bool) -> None:
        self._ids[path] = pk
        if has_chinese:
            self._chinese.add(path)

    @property
    def is_full(self) -> bool:
        """So many new ones that a column of something else must have been taken for the category."""
        return self._made >= MAX_NEW

    def knows(self, path: str) -> bool:
        return path in self._ids

    def ensure(self, path: str, path_zh: str = "") -> int | None:
        """Primary key of ``path``; None for the empty path. ``path_zh`` names as many levels in Chinese."""
        if not path:
            return None
        names = path.split(Category.SEPARATOR)
        chinese = path_zh.split(Category.SEPARATOR) if path_zh else []
        if len(chinese) != len(names):
            chinese = [""] * len(names)
        parent: int | None = None
        for depth, name in enumerate(names):
            parent = self._level(
                Category.SEPARATOR.join(names[: depth + 1]), name, chinese[depth], depth, parent
            )
        return parent

    def _level(self, path: str, name: str, name_zh: str, depth: int, parent: int | None) -> int:
        known = self._ids.get(path)
        if known is None:
            values = {"name": name, "name_zh": name_zh[:120], "depth": depth, "parent_id": parent}
            category, made = Category.objects.get_or_create(path=path, defaults=values)
            self._made += made
            self._remember(path, category.pk, bool(category.name_zh))
            known = category.pk
        if name_zh and path not in self._chinese:
            Category.objects.filter(pk=known, name_zh="").update(name_zh=name_zh[:120])
            self._chinese.add(path)
        return known
