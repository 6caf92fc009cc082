"""What single words say of a thing named: a linear model beside the aspect network.

Each word of the sentence counts, once more where it stands near the name, there in pairs as well, and once
more as one of the three words before or after it. The network errs elsewhere than a sum over words, so that
the two together are right more often than either.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

#: Features are hashed into so many rows.
BITS = 16
#: Words on either side of the name that are near it, and that are beside it.
_NEAR, _BESIDE = 7, 3


def rows_of(left: Sequence[str], name: Sequence[str], right: Sequence[str]) -> list[int]:
    """The rows of a sentence's features, each once, from its words."""
    near = [*left[-_NEAR:], *name, *right[:_NEAR]]
    features = [
        *("s" + word for word in (*left, *name, *right)),
        *("w" + word for word in near),
        *(f"w{first} {second}" for first, second in pairwise(near)),
        *("l" + word for word in left[-_BESIDE:]),
        *("r" + word for word in right[:_BESIDE]),
    ]
    return list({zlib.crc32(feature.encode()) & ((1 << BITS) - 1) for feature in features})


def scores(rows: Sequence[Sequence[int]], table: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(n, labels) what each sentence's rows sum to.

    Args:
        table: (2 ** BITS, labels); its rows are divided by the root of how many a sentence has.
        shift: (labels,) added to each.
    """
    sizes = np.array([len(one) for one in rows], np.int64)
    every = np.array([row for one in rows for row in one], np.int64)
    owners = np.repeat(np.arange(len(rows)), sizes)
    answer = np.stack(
        [np.bincount(owners, table[every, column], len(rows)) for column in range(table.shape[1])], 1
    )
    return answer / np.sqrt(np.maximum(sizes, 1))[:, None] + shift
