"""What makes a network quick on a processor: memory that is kept, and convolutions with fewer steps."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

#: Parameters of glibc's mallopt(3), by their numbers in malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 29
_MAPPED_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, up to half a gigabyte; False where the C library cannot be told.

    A layer's output takes megabytes. glibc gives them back to the system after each layer, and the next one
    pays for every page anew: 2,000 to 4,000 page faults a picture, a quarter of mmsite-mini's time and more.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # not glibc
        return False
    return all([mallopt(_MMAP_THRESHOLD, _MAPPED_BYTES), mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)])


class FoldedConvolution(nn.Module):
    """A convolution, the batch norm behind it and its activation, in evaluation; differs by rounding only.

    The norm scales and shifts each channel by fixed numbers, which weights and bias take in.
    """

    def __init__(self, convolution: nn.Conv2d, norm: Any) -> None:
        super().__init__()
        self.convolution = fuse_conv_bn_eval(convolution, norm)
        self.activation = norm.act
        plain = convolution.kernel_size == (1, 1) and convolution.stride == (1, 1)
        self._is_pointwise = plain and torch.backends.mkldnn.is_available()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, h, w) to (n, channels, h, w), each side divided by the stride."""
        return self.activation(self._pointwise(x) if self._is_pointwise else self.convolution(x))

    def _pointwise(self, x: torch.Tensor) -> torch.Tensor:
        # Of itself torch takes a path half as quick for few pictures on one thread.
        one = self.convolution
        return torch.mkldnn_convolution(x, one.weight, one.bias, (0, 0), (1, 1), (1, 1), one.groups)


def fold_norms(trunk: Any) -> None:
    """Fold the batch norms of timm's MobileNet v1 ``trunk``, which is in evaluation mode, in place."""
    for owner, convolution, norm in _normed(trunk):
        folded = FoldedConvolution(getattr(owner, convolution), getattr(owner, norm))
        setattr(owner, convolution, folded)
        setattr(owner, norm, nn.Identity())


def _normed(trunk: Any) -> Iterator[tuple[Any, str, str]]:
    """Whose attribute each convolution is, its name, and the name of the norm that follows it."""
    yield trunk, "conv_stem", "bn1"
    for block in (block for stage in trunk.blocks for block in stage):
        yield block, "conv_dw", "bn1"
        yield block, "conv_pw", "bn2"
