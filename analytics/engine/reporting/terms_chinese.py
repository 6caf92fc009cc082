"""What a run of Chinese says: its words, and what is negated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

#: The simplified characters of the lists below, and the traditional ones for them.
_TRADITIONAL = str.maketrans(
    "个们这还过给让对为与说会没别无难么样时后里实虽觉认继续绝确进经两据应当点几关仅总现较毕从于怎处则让来错坏贵烂赞脏轻软厚松紧热冷丑乱坑亏长细湿响断裂丢",
    "個們這還過給讓對為與說會沒別無難麼樣時後裡實雖覺認繼續絕確進經兩據應當點幾關僅總現較畢從於怎處則讓來錯壞貴爛贊髒輕軟厚鬆緊熱冷醜亂坑虧長細濕響斷裂丟",
)


def _both(words: Iterable[str]) -> frozenset[str]:
    """In simplified and in traditional characters."""
    simplified = frozenset(words)
    return simplified | {word.translate(_TRADITIONAL) for word in simplified}


def _words(listed: str) -> frozenset[str]:
    return _both(listed.split())


_NEGATORS = _words(
    """
    不 没 没有 别 无 未 难 不能 不会 不够 不太 不是 不再 不怎么 不要 不用 没什么 毫无 毫不 无法 没法
    并不 并未 从不 从未
    """
)
#: What may stand between a negation and what it negates.
_DEGREES = _words("很 太 更 最 超 挺 那么 这么 特别 非常 十分 怎么 什么 任何 多么 比较 过于")
_MOST_DEGREES = 2
#: What a word that no dictionary has may begin with; the rest is then told by itself.
_PREFIXES = frozenset(word for word in _NEGATORS | _DEGREES if len(word) == 1)
_BINDING_WORDS = _words(
    """
    一个 一些 一下 一会 一定 一样 一直 一起 一点 之前 之后 也是 于是 什么 什么样 为了
    为什么 他们 她们 它们 我们 你们 咱们 大家 自己 以前 以后 以及 以为 但是 来说 这里
    那里 里面 上面 下面 其中 其他 其它 其实 其次 几个 到底 即使 却是 只是 只有 只能 只要
    可以 可是 可能 各种 同时 后来 否则 哪里 因为 因此 多少 好像 如何 如果 完全 实在 对于
    尤其 居然 竟然 就是 已经 应该 应当 当时 当然 怎么 怎么样 怎样 总之 或者 所以 所有
    才能 接着 整个 无论 时候 是不是 是否 最后 有些 有点 有的 本来 根据 比如 比较 毕竟
    特别 现在 甚至 由于 的话 目前 直到 直接 相当 真是 真的 确实 经过 绝对 继续 而且 而是
    至于 至少 虽然 觉得 认为 起来 过来 过去 出来 回来 下来 上来 还会 还是 还有 还要 这个
    这么 这些 这是 这样 这次 这种 那个 那么 那些 那样 那种 通过 都是 除了 非常 十分 然后
    然而 左右 关于 不过 不但 不仅 不管 有时 有时候 两个 三个 第一 第二 第三 第一个 第二个
    另外 据说 从来 总是 老是 一下子 虽说
    """
)
#: Words that say nothing by themselves.
_STOP = _NEGATORS | _DEGREES | _BINDING_WORDS
#: Characters that join others into what no dictionary has as a word.
_BINDERS = _both(
    "的了是在我你他她它们这那就也都和与及而且但又还着过把被让给对为以之其啊吧呢吗哦呀哈嗯很太个一有要再才更最刚本会能说"
)
_BINDING = _BINDERS | _STOP
#: Words of one character that say how something is; of the others most only bind.
_SINGLE = _both(
    "好差坏贵慢快烂赞破脏臭吵小大高低新旧少重轻硬软薄厚松紧香甜苦辣酸咸假碎冷热丑美乱糊脆"
    "卡漏断裂丢错坑值亏痛疼痒响稳亮暗长短粗细湿硌晃皱歪涩淡腥嫩鲜滑扎"
)
#: What has no break for longer than this is no word that anyone knows.
_LONGEST = 8


def terms_of_run(run: str) -> Iterator[str]:
    """The words of a run of Chinese characters, and each negated one with what negates it ("没有异味").

    Words are found by the most likely path through jieba's dictionary, and by a hidden Markov model where
    that has none.
    """
    from rjieba import cut  # large: loaded where Chinese is met

    words = [part for word in cut(run) for part in _parted(word)]
    for place, word in enumerate(words):
        tells = _tells(word)
        if tells:
            yield word
        negation = _negation(words, place)
        if negation and (tells or (len(word) == 1 and word not in _BINDING)):
            yield negation + word


def _parted(word: str) -> list[str]:
    """A word that no dictionary has, with what negates or heightens it apart."""
    from rjieba import has_word

    if len(word) > 1 and word[0] in _PREFIXES and word not in _STOP and not has_word(word):
        rest = _parted(word[1:])
        if len(rest) > 1 or len(word) == 2 or has_word(word[1:]):
            return [word[0], *rest]
    return [word]


def _tells(word: str) -> bool:
    """Whether a word says something by itself."""
    from rjieba import has_word

    if len(word) == 1:
        return word in _SINGLE
    return len(word) <= _LONGEST and word not in _STOP and (_BINDERS.isdisjoint(word) or has_word(word))


def _negation(words: Sequence[str], place: int) -> str:
    """What stands before the word in this place, if it negates that; "" else."""
    start = place
    while start and place - start < _MOST_DEGREES and words[start - 1] in _DEGREES:
        start -= 1
    return "".join(words[start - 1 : place]) if start and words[start - 1] in _NEGATORS else ""
