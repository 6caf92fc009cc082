"""Fewer and quicker steps on a processor, and the same vectors."""

from __future__ import annotations

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import nn

from recommender.engine.encoders import load_encoder
from recommender.engine.encoders.mini import pixel_values
from recommender.engine.encoders.processor import FoldedConvolution, keep_freed_memory


@pytest.fixture(scope="module")
def mini() -> Any:
    return load_encoder("mmsite-mini", "cpu")


@pytest.mark.parametrize("pictures", [1, 20])
@pytest.mark.parametrize(("kernel", "stride", "groups"), [(3, 2, 1), (3, 1, 8), (1, 1, 1), (1, 2, 1)])
def test_a_folded_convolution_computes_what_its_parts_compute(
    pictures: int, kernel: int, stride: int, groups: int
) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(8, 16, kernel, stride, kernel // 2, groups=groups, bias=False)
    norm = BatchNormAct2d(16, act_layer=nn.ReLU6).eval()
    for values in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(values)
    nn.init.uniform_(norm.running_var, 0.5, 2.0)
    x = torch.randn(pictures, 8, 15, 15).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = norm(convolution(x))
        folded = FoldedConvolution(convolution.eval(), norm)(x)
    torch.testing.assert_close(folded, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("threads", [1, 2])
def test_pictures_have_the_vectors_that_the_plain_model_computes(mini: Any, threads: int) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        served = mini.encode_prepared(list(pixels))
        with torch.inference_mode():
            plain = nn.functional.normalize(mini.model.encode_image(pixel_values(pixels)), dim=1).numpy()
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(served, plain, atol=1e-5)


def test_the_model_keeps_the_layers_it_was_trained_with(mini: Any) -> None:
    mini.encode_prepared([torch.zeros(224, 224, 3, dtype=torch.uint8)])
    assert isinstance(mini.model.visual.trunk.bn1, BatchNormAct2d)


def test_threads_side_by_side_share_the_cores_and_give_them_back(mini: Any) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        assert mini.streams == 4
        with (
            mini.side_by_side(2) as begin,
            ThreadPoolExecutor(1, initializer=begin) as pool,
        ):
            assert pool.submit(torch.get_num_threads).result() == 2
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


_FAULTS = """
import resource, sys
from recommender.engine.encoders.processor import keep_freed_memory
import torch
if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(30):  # until the pieces that it keeps are large enough
    torch.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_memory_that_was_freed_is_not_paid_for_again() -> None:
    if not keep_freed_memory():
        pytest.skip("The C library is not glibc, which alone can be told to keep memory.")

    def faults(how: str) -> int:
        command = [sys.executable, "-c", _FAULTS, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    pages = 5 * 40_000_000 // resource.getpagesize()
    assert faults("kept") < pages / 20 < faults("given back")
