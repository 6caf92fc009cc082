"""Weights of the quantised TFLite teacher of pictures, as float tensors for timm's ``mobilenetv1_100``.

The teacher is a MobileNet v1: one full convolution, then thirteen pairs of depthwise and pointwise
convolutions, each with ReLU6 and its batch norm folded in. So the folded weights go into the convolutions,
and the biases into batch norms that do nothing else.
Source of the network: Howard et al. 2017, "MobileNets", table 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.errors import EncoderError

if TYPE_CHECKING:
    import torch

#: Number of depthwise + pointwise pairs in each stage of timm's ``blocks``.
STAGES = (1, 2, 2, 6, 2)
BATCH_NORM_EPSILON = 1e-5


def open_interpreter(path: Path) -> Any:
    """The TFLite interpreter of ``path``, tensors allocated.

    Raises:
        EncoderError: the file is absent, or the interpreter (a development dependency) is not installed.
    """
    if not path.is_file():
        raise EncoderError(
            f"The teacher {path} does not exist.", "Set MMSITE_DATA to the folder that holds teachers/."
        )
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise EncoderError(
            "Training from a teacher needs the TFLite interpreter.", "Install it: pip install ai-edge-litert"
        ) from error
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _dequantised(interpreter: Any, detail: dict[str, Any]) -> np.ndarray:
    """Float values of one tensor: (quantised - zero point) x scale, per tensor or per channel."""
    values = interpreter.get_tensor(detail["index"]).astype(np.float32)
    quantisation = detail["quantization_parameters"]
    scales, zeros = quantisation["scales"], quantisation["zero_points"]
    if len(scales) > 1:
        shape = [1] * values.ndim
        shape[quantisation["quantized_dimension"]] = len(scales)
        scales, zeros = scales.reshape(shape), zeros.reshape(shape)
    return ((values - zeros) * scales).astype(np.float32)


def _depth(name: str) -> int:
    """Position of a tensor's layer along the network, from its name; -1 for one of no convolution."""
    if match := re.search(r"Conv2d_(\d+)(_depthwise|_pointwise)?/", name):
        return 2 * int(match[1]) + (match[2] != "_depthwise")
    return -1


def convolutions(interpreter: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The 27 convolutions in order: weights (out, in / groups, 3 or 1, 3 or 1) and biases (out,)."""
    weights, biases = {}, {}
    for detail in interpreter.get_tensor_details():
        name, shape = detail["name"], detail["shape"]
        depth = _depth(name)
        if depth < 0 or "Relu6" in name or "AvgPool" in name:
            continue
        if len(shape) == 4:
            weights[depth] = _dequantised(interpreter, detail)
        elif len(shape) == 1 and detail["dtype"] is np.int32 and shape[0] >= 32:
            biases[depth] = _dequantised(interpreter, detail)
    if len(weights) != 27 or weights.keys() != biases.keys():
        raise EncoderError(f"The teacher has {len(weights)} convolutions; a MobileNet v1 has 27.")
    for number, depth in enumerate(sorted(weights)):
        # TFLite keeps full convolutions as (out, h, w, in) and depthwise ones as (1, h, w, out).
        depthwise = number % 2 == 1
        axes = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        yield np.ascontiguousarray(weights[depth].transpose(axes)), biases[depth]


def trunk_state(path: Path) -> dict[str, torch.Tensor]:
    """State of timm's ``mobilenetv1_100`` (without classifier) that computes what the teacher computes."""
    import torch

    state: dict[str, torch.Tensor] = {}
    for (conv, norm), (weight, bias) in zip(
        _layer_names(), convolutions(open_interpreter(path)), strict=True
    ):
        state[f"{conv}.weight"] = torch.from_numpy(weight)
        state[f"{norm}.weight"] = torch.full((len(bias),), (1 + BATCH_NORM_EPSILON) ** 0.5)
        state[f"{norm}.bias"] = torch.from_numpy(bias)
        state[f"{norm}.running_mean"] = torch.zeros(len(bias))
        state[f"{norm}.running_var"] = torch.ones(len(bias))
    return state


def _layer_names() -> Iterator[tuple[str, str]]:
    """Names in timm of each convolution and the batch norm after it, in order."""
    yield "conv_stem", "bn1"
    for stage, pairs in enumerate(STAGES):
        for pair in range(pairs):
            yield f"blocks.{stage}.{pair}.conv_dw", f"blocks.{stage}.{pair}.bn1"
            yield f"blocks.{stage}.{pair}.conv_pw", f"blocks.{stage}.{pair}.bn2"
