"""Levels of the encoder: where it computes, the processors of this machine, and how much its space knows."""

from __future__ import annotations

from analytics.services.monitoring.gpu import read_gpus
from analytics.services.monitoring.heartbeat import heard_from
from analytics.services.monitoring.levels import put
from analytics.services.monitoring.watch import duty
from recommender.models import Embedding, EncoderSpace
from recommender.services.spaces import without_vector
from recommender.telemetry import gauge

_GPUS = 32
_SPACES = (EncoderSpace.State.ACTIVE.value, EncoderSpace.State.SHADOW.value)
_MODALITIES = Embedding.Modality.values

DEVICE = gauge(
    "mmsite_encoder_device",
    "1 for each device that a worker's encoder computes on.",
    hostname=100,
    device=_GPUS,
)
GPU_USED = gauge("mmsite_gpu_memory_used_bytes", "Memory in use of a GPU.", unit="bytes", gpu=_GPUS)
GPU_TOTAL = gauge("mmsite_gpu_memory_total_bytes", "Memory of a GPU.", unit="bytes", gpu=_GPUS)
GPU_BUSY = gauge(
    "mmsite_gpu_utilisation_ratio", "Share of the time in which a GPU computes.", unit="ratio", gpu=_GPUS
)
COVERAGE = gauge(
    "mmsite_space_coverage_ratio",
    "Share of items (text) and media (image, audio) that have a vector in a space.",
    unit="ratio",
    space=_SPACES,
    modality=_MODALITIES,
)
MISSING = gauge(
    "mmsite_space_missing",
    "Items (text) and media (image, audio) that have no vector in a space, failed ones among them.",
    space=_SPACES,
    modality=_MODALITIES,
)


@duty("levels of GPUs", 10.0)
def take_gpus(now: float) -> None:
    there = read_gpus()
    put(GPU_USED, {(one.name,): float(one.used) for one in there})
    put(GPU_TOTAL, {(one.name,): float(one.total) for one in there})
    put(GPU_BUSY, {(one.name,): one.busy for one in there if one.busy is not None})
    heard = [one for one in heard_from(now) if not one.is_silent(now)]
    put(DEVICE, {(one.node, device): 1.0 for one in heard for device in one.devices})


@duty("levels of the encoder's spaces", 60.0)
def take_spaces(now: float) -> None:
    lacking, shares = {}, {}
    for space in EncoderSpace.objects.filling():
        for modality in space.modalities:
            none, all_of_them = without_vector(space, modality)
            key = (str(space.state), str(modality))
            lacking[key] = float(none)
            if all_of_them:
                shares[key] = 1 - none / all_of_them
    put(MISSING, lacking)
    put(COVERAGE, shares)
