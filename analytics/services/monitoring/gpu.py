"""The graphics processors of this machine, as NVIDIA's driver tells of them; none where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gpu:
    """One processor.

    Attributes:
        name: number and model, as "0 NVIDIA L4".
        used, total: bytes of its memory.
        busy: share of the last moments in which it computed, 0 to 1; None where the driver does not tell.
    """

    name: str
    used: int
    total: int
    busy: float | None


def read_gpus() -> list[Gpu]:
    """Every processor there is; quietly none on a machine without any."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_read(pynvml, number) for number in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:  # one that fell off its bus, or a driver that is being replaced
        return []
    finally:
        _end(pynvml)


def _read(nvml: Any, number: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(number)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(f"{number} {_text(nvml, handle)}", int(memory.used), int(memory.total), _busy(nvml, handle))


def _text(nvml: Any, handle: Any) -> str:
    name = nvml.nvmlDeviceGetName(handle)
    return name.decode() if isinstance(name, bytes) else str(name)


def _busy(nvml: Any, handle: Any) -> float | None:
    """A part of a divided processor has no utilisation of its own."""
    try:
        return float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100
    except nvml.NVMLError:
        return None


def _end(nvml: Any) -> None:
    try:
        nvml.nvmlShutdown()
    except nvml.NVMLError:
        return
