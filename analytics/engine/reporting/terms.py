"""Words and phrases of reviews in any script, and which of them set one pile of reviews apart from others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

_READ_CHARACTERS = 4_000
_MOST_TERMS = 200
_MOST_LETTERS = 40
#: As part of a class of characters.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECES = re.compile(rf"[{HAN}]+|(?:(?![{HAN}])[^\W\d_])+(?:['’][^\W\d_]+)?|[.,;:!?。，；：！？、\n]")
_IS_HAN = re.compile(rf"[{HAN}]")
#: words that say nothing by themselves; negations stay, they turn what follows
_STOP = frozenset(
    """
    a about after again all also am an and any are as at be because been before being both but by can
    could did do does doing down during each either else ever every few for from further get gets got
    had has have having he her here hers him his how i if im in into is it it's its itself i'm i've
    just let like ll made make many may me might more most much must my myself of off on once one only
    or other our ours out over own really s same she should so some such than that that's the their
    theirs them then there these they they're this those though through to under until up us use
    used using very was we were what when where which while who whom why will with would you you're
    your yours yet
    """.split()  # noqa: SIM905
)
_NEGATORS = frozenset(("not", "no", "never", "nothing", "hardly", "without", "cannot", "too"))
_HAN_NEGATORS = frozenset(("不", "没", "没有", "别", "无", "未", "难", "不够", "不太", "不是"))
#: words of Chinese that say nothing by themselves
_HAN_STOP = frozenset(
    """
    一个 一些 一下 一会 一定 一样 一直 一起 一点 之前 之后 也是 于是 什么 什么样 为了
    为什么 他们 她们 它们 我们 你们 咱们 大家 自己 以前 以后 以及 以为 但是 来说 这里
    那里 里面 上面 下面 其中 其他 其它 其实 其次 几个 到底 即使 却是 只是 只有 只能 只要
    可以 可是 可能 各种 同时 后来 否则 哪里 因为 因此 多少 好像 如何 如果 完全 实在 对于
    尤其 居然 竟然 就是 已经 应该 应当 当时 当然 怎么 怎么样 怎样 总之 或者 所以 所有
    才能 接着 整个 无论 时候 是不是 是否 最后 有些 有点 有的 本来 根据 比如 比较 毕竟
    没什么 特别 现在 甚至 由于 的话 目前 直到 直接 相当 真是 真的 确实 经过 绝对 继续
    而且 而是 至于 至少 虽然 觉得 认为 起来 过来 过去 出来 回来 下来 上来 还会 还是 还有
    还要 这个 这么 这些 这是 这样 这次 这种 那个 那么 那些 那样 那种 通过 都是 除了 非常
    十分 然后 然而 左右 关于 不过 不但 不仅 不管 有时 有时候 两个 三个 第一 第二 第三
    第一个 第二个 另外 据说 不会 不能 不到 没有 不是 不够 不太
    """.split()  # noqa: SIM905
)
#: characters that join others into what no dictionary has as a word
_BINDERS = frozenset(
    "的了是在我你他她它们这那就也都和与及而且但又还着过把被让给对为以之其啊吧呢吗哦呀哈嗯很太个一有要再才更最刚本会能说"
)
#: words of one character that say how something is; of the others most only bind
_HAN_SINGLE = frozenset(
    "好差坏贵慢快烂赞破脏臭吵小大高低新旧少重轻硬软薄厚松紧香甜苦辣酸咸假碎冷热丑美乱糊脆"
)


def terms_of(text: str) -> frozenset[str]:
    """What a review says: its words, and what is negated ("not good", "没有异味").

    Function words are left out, and nothing reaches over punctuation. Chinese is cut into words by the most
    likely path through jieba's dictionary, and by a hidden Markov model where that has none. Longer phrases
    are not terms: most occur once, and would be the bulk of what is counted. Text beyond the first 4,000
    characters is not read.
    """
    found: set[str] = set()
    for phrase in _phrases(text[:_READ_CHARACTERS]):
        for term in phrase:
            found.add(term)
            if len(found) >= _MOST_TERMS:
                return frozenset(found)
    return frozenset(found)


def terms_of_all(texts: Iterable[str]) -> frozenset[str]:
    """What the texts of one review say together; no phrase reaches from one into the next."""
    return frozenset[str]().union(*(terms_of(text) for text in texts if text))


def _phrases(text: str) -> Iterator[Iterator[str]]:
    """Terms of each stretch of words, and of each run of Chinese."""
    words: list[str] = []
    for piece in _PIECES.findall(text):
        if _IS_HAN.match(piece):
            yield _chinese(piece)
        elif piece[0].isalpha():
            words.append(piece.lower().replace("’", "'"))
            continue
        if words:
            yield _spaced(words)
            words = []
    if words:
        yield _spaced(words)


def _spaced(words: list[str]) -> Iterator[str]:
    kept = [word if word not in _STOP and len(word) <= _MOST_LETTERS else "" for word in words]
    yield from (word for word in kept if len(word) > 2)
    for first, second in pairwise(kept):
        if second and first and (first in _NEGATORS or first.endswith(("n't", "nt"))):
            yield f"{first} {second}"


def _chinese(run: str) -> Iterator[str]:
    from rjieba import cut  # its dictionary takes 60 MB: loaded where Chinese is met

    before = ""
    for word in cut(run):
        if _tells(word):
            yield word
            if before in _HAN_NEGATORS:
                yield before + word
        before = word


def _tells(word: str) -> bool:
    """Whether a word of Chinese says something by itself."""
    from rjieba import has_word

    if len(word) == 1:
        return word in _HAN_SINGLE
    return word not in _HAN_STOP and (_BINDERS.isdisjoint(word) or has_word(word))


# -- what sets two piles apart ------------------------------------------------------------------------------


def log_odds(
    first: np.ndarray, second: np.ndarray, background: np.ndarray, strength: float = 500.0
) -> np.ndarray:
    """(n,) z-scores of each term's log-odds in ``first`` against ``second``.

    After Monroe, Colaresi and Quinn (2008): a Dirichlet prior in proportion to ``background``, worth
    ``strength`` terms in all, pulls rare terms together, so that a word said once outranks nothing.

    Args:
        first, second, background: (n,) counts of the same terms.
    """
    total = background.sum()
    if not total or len(first) < 2:  # one term alone is not more said than others
        return np.zeros(len(first))
    prior = strength * (background + 0.01) / (total + 0.01 * len(background))
    one, two = first + prior, second + prior
    mass_one, mass_two = one.sum(), two.sum()
    delta = np.log(one / (mass_one - one)) - np.log(two / (mass_two - two))
    return np.asarray(delta / np.sqrt(1 / one + 1 / two))


def log_odds_of_shares(
    first: np.ndarray, second: np.ndarray, firsts: float, seconds: float, strength: float = 10.0
) -> np.ndarray:
    """(n,) z-scores of the log-odds of each share of ``firsts`` reviews against that of ``seconds``.

    ``log_odds`` for parts that overlap, such as aspects, of which a review mentions several: what is set
    against the reviews with one are those without it. The prior, in proportion to both together, is worth
    ``strength`` reviews.

    Args:
        first, second: (n,) reviews of the same parts, none more than ``firsts`` and ``seconds``.
    """
    if not firsts + seconds:
        return np.zeros(len(first))
    # Off nought and one, where there are no odds.
    share = (first + second + 0.01) / (firsts + seconds + 0.02)
    one, two = first + strength * share, second + strength * share
    rest_one, rest_two = firsts + strength - one, seconds + strength - two
    delta = np.log(one / rest_one) - np.log(two / rest_two)
    return np.asarray(delta / np.sqrt(1 / one + 1 / two + 1 / rest_one + 1 / rest_two))


def p_values(scores: np.ndarray) -> np.ndarray:
    """Two-sided p-values of z-scores."""
    from scipy.special import erfc  # heavy: imported by whoever asks

    return np.asarray(erfc(np.abs(scores) / np.sqrt(2)))


def without_echoes(terms: Sequence[str], counts: Sequence[int], share: float = 0.8) -> list[int]:
    """Positions of ``terms``, best first, less those that a better one says almost always in other words.

    A term goes where it is part of a better one, or that of it, and the rarer of the two has at least
    ``share`` of the reviews of the other.
    """
    kept: list[int] = []
    for place, (term, count) in enumerate(zip(terms, counts, strict=True)):
        if not any(
            counts[other] >= share * count
            and count >= share * counts[other]
            and (term in terms[other] or terms[other] in term)
            for other in kept
        ):
            kept.append(place)
    return kept
