"""Levels of the encoder: GPUs of a driver that the test plays, devices that workers tell, coverage."""

from __future__ import annotations

import json
import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from redis import Redis

from analytics.services.monitoring import heartbeat, levels_encoder
from analytics.services.monitoring.gpu import Gpu, read_gpus
from recommender.models import EncoderSpace, Media
from tests.analytics.services.monitoring.levels.conftest import Said, make_item, make_space, make_vector

NOW = 1_700_000_000.0


class DriverError(Exception):
    """What the driver's library raises."""


class Driver(ModuleType):
    """NVIDIA's library with two processors, of which the second does not tell what it does."""

    NVMLError = DriverError

    def __init__(self, there: bool = True) -> None:
        super().__init__("pynvml")
        self.there, self.opened = there, 0

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.there:
            raise DriverError("no driver")
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        return number

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:  # noqa: N802
        return "NVIDIA L4" if handle == 0 else b"NVIDIA H100"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(used=2**30 * (handle + 1), total=2**34)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        if handle == 1:
            raise DriverError("not supported")
        return SimpleNamespace(gpu=40, memory=10)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    made = Driver()
    monkeypatch.setitem(sys.modules, "pynvml", made)
    return made


# -- GPUs ---------------------------------------------------------------------------------------------------


def test_each_gpu_tells_its_memory_and_what_it_does(driver: Driver) -> None:
    assert read_gpus() == [
        Gpu("0 NVIDIA L4", 2**30, 2**34, 0.4),
        Gpu("1 NVIDIA H100", 2**31, 2**34, None),
    ]
    assert driver.opened == 0


def test_the_levels_of_gpus_are_told(driver: Driver, said: Said) -> None:
    levels_encoder.take_gpus(NOW)
    assert said("mmsite_gpu_utilisation_ratio") == {("0 NVIDIA L4",): 0.4}
    assert said("mmsite_gpu_memory_used_bytes")["1 NVIDIA H100",] == 2**31
    assert said("mmsite_gpu_memory_total_bytes").keys() == {("0 NVIDIA L4",), ("1 NVIDIA H100",)}


def test_a_machine_without_a_driver_is_quiet(
    driver: Driver, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    driver.there = False
    with caplog.at_level(logging.DEBUG):
        levels_encoder.take_gpus(NOW)
    assert caplog.records == []
    assert said("mmsite_gpu_memory_used_bytes") == {}


def test_a_machine_without_the_library_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert read_gpus() == []


def test_a_gpu_that_falls_off_its_bus_is_not_told(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(handle: int) -> Any:
        raise DriverError("GPU is lost")

    monkeypatch.setattr(driver, "nvmlDeviceGetMemoryInfo", lost)
    assert read_gpus() == []
    assert driver.opened == 0


def test_the_library_that_is_installed_has_what_is_asked_of_it() -> None:
    """The one that the test plays may not invent a function."""
    import pynvml

    for name in vars(Driver):
        if name.startswith("nvml") or name == "NVMLError":
            assert hasattr(pynvml, name)


# -- devices ------------------------------------------------------------------------------------------------


def test_the_device_that_a_worker_encodes_on_is_told(redis_server: Redis, said: Said) -> None:
    fields = {"node": "encode@here", "pid": 1, "queues": ["encode"], "concurrency": 1, "memory": 1}
    redis_server.hset(
        heartbeat.KEY, "encode@here", json.dumps({**fields, "time": NOW, "devices": ["cuda:0"]})
    )
    levels_encoder.take_gpus(NOW)
    assert said("mmsite_encoder_device") == {("encode@here", "cuda:0"): 1.0}


def test_a_worker_names_the_devices_of_the_encoders_it_has_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.services import loaded

    encoders = {("a", "auto"): SimpleNamespace(device="cpu"), ("b", "auto"): SimpleNamespace()}
    monkeypatch.setattr(loaded, "_loaded", encoders)
    assert heartbeat._devices() == ("cpu",)


# -- coverage -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_coverage_and_what_is_missing_are_told_by_modality(space: EncoderSpace, said: Said) -> None:
    """Three of four items have words; of three media with a picture one has a vector, one failed."""
    items = [make_item(number) for number in range(4)]
    retired = make_item(9, availability="retired")
    for one in (*items[:3], retired):
        make_vector(space, one)
    kinds = ("image", "image", "video")
    media = [Media.objects.create(item=items[0], kind=kind, state="ready") for kind in kinds]
    Media.objects.create(item=items[0], kind="image", state="failed")
    make_vector(space, items[0], "image", media=media[0])
    make_vector(space, items[0], "image", media=media[1], state="failed")
    levels_encoder.take_spaces(NOW)
    assert said("mmsite_space_missing") == {
        ("active", "text"): 1.0, ("active", "image"): 2.0, ("active", "audio"): 0.0,
    }  # fmt: skip
    shares = said("mmsite_space_coverage_ratio")
    assert shares["active", "text"] == 0.75
    assert shares["active", "image"] == pytest.approx(1 / 3)
    assert ("active", "audio") not in shares  # there is nothing to hear


@pytest.mark.django_db
def test_a_space_that_is_out_of_step_is_seen(space: EncoderSpace, said: Said) -> None:
    shadow = make_space("shadow")
    for number in range(4):
        item = make_item(number)
        make_vector(shadow, item)
        if number:
            make_vector(space, item)
    levels_encoder.take_spaces(NOW)
    assert said("mmsite_space_missing")["active", "text"] == 1.0
    assert said("mmsite_space_missing")["shadow", "text"] == 0.0
