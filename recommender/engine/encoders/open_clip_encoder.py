"""Any open_clip model behind the Encoder Protocol: by name and tag, by checkpoint file, or from a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.encoders.base import DEFAULT_ENCODER, EncoderInfo, unit_rows
from recommender.engine.encoders.files import file_hash
from recommender.engine.encoders.processor import keep_freed_memory
from recommender.engine.encoders.registry import torch_threads
from recommender.engine.encoders.specifications import (
    checkpoint_at,
    folder_mistake,
    unknown_model,
    weights_in,
)
from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

CPU_BATCH = 4  # larger batches leave the caches, take more memory, and gain nothing
CUDA_BATCHES = (8, 1024)
_STREAMS = 4  # each has a batch in memory
_TEXTS_A_PASS = 256


class OpenClipEncoder:
    """An open_clip model with its preprocessing and tokenizer.

    Args:
        model: what ``open_clip.create_model`` gave, on ``device``, in evaluation mode.
        transform: PIL image to a float tensor (3, height, width).
        tokenizer: texts to token numbers (n, context).
        info: identity; on CUDA its ``batch_size`` is replaced by what fits the free memory.
        device: where the model is.
    """

    #: Side in pixels of what the network reads; 0 where the transform does not say.
    image_size = 0

    @property
    def decode_size(self) -> int:
        """Short side in pixels that a picture needs to be decoded at; what is finer makes no difference."""
        return 2 * self.image_size

    @property
    def streams(self) -> int:
        """How many passes side by side make the most of a processor's threads; 1 on a GPU."""
        return min(_STREAMS, _threads()) if self.device.type == "cpu" else 1

    @contextmanager
    def side_by_side(self, streams: int) -> Iterator[Callable[[], None]]:
        """What each thread calls before its first pass, so that ``streams`` of them share the cores."""
        threads = _threads()
        shares = [max(1, threads // streams + (number < threads % streams)) for number in range(streams)]
        try:
            yield lambda: torch.set_num_threads(shares.pop())
        finally:
            torch.set_num_threads(threads)  # a part of it, MKL's, is one number for all threads

    def __init__(
        self,
        model: torch.nn.Module,
        transform: Callable[[Image.Image], torch.Tensor],
        tokenizer: Callable[[Sequence[str]], torch.Tensor],
        info: EncoderInfo,
        device: torch.device,
    ) -> None:
        self.model = model
        self.device = device
        self.info = info
        self._transform = transform
        self._tokenizer = tokenizer
        self.image_size = _side_of(transform) or self.image_size
        if device.type == "cuda":
            self.info = replace(info, batch_size=self._fitting_batch())

    # -- the Protocol --------------------------------------------------------------------------------------

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """(n, dim) unit rows; decoded pictures are prepared by threads while the device works."""
        if len(images) <= 1 or self.device.type == "cpu":
            return self.encode_prepared([self.prepare_image(image) for image in images])
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return self.encode_prepared(list(pool.map(self.prepare_image, images)))

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) unit rows."""
        rows = []
        for start in range(0, len(texts), _TEXTS_A_PASS):
            tokens = self._tokenizer(list(texts[start : start + _TEXTS_A_PASS]))
            rows.append(self._run(self._text_features, tokens))
        return self._gathered(rows)

    def encode_clips(self, clips: Sequence[Clip]) -> np.ndarray:
        """Plain open_clip models have no audio tower.

        Raises:
            EncoderError: ``clips`` is not empty.
        """
        if clips:
            raise EncoderError(
                say(_("The encoder {name} has no audio tower."), name=self.info.name),
                _("Use mmsite-mini to search by sound."),
            )
        return self._gathered([])

    # -- the two halves of encode_images, so that a pipeline can prepare in threads ------------------------

    def prepare_image(self, image: Image.Image) -> torch.Tensor:
        """What the network reads of one picture; safe to call from threads."""
        return self._transform(image.convert("RGB"))

    def encode_prepared(self, prepared: Sequence[torch.Tensor]) -> np.ndarray:
        """(n, dim) unit rows of what ``prepare_image`` gave."""
        rows = []
        for start in range(0, len(prepared), self.info.batch_size):
            batch = torch.stack(list(prepared[start : start + self.info.batch_size]))
            rows.append(self._in_memory(batch))
        return self._gathered(rows)

    # -- inside ----------------------------------------------------------------------------------------------

    def _image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.model.encode_image(pixels.contiguous(memory_format=torch.channels_last))  # type: ignore[operator]

    def _text_features(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.model.encode_text(tokens)  # type: ignore[operator]

    def _in_memory(self, batch: torch.Tensor) -> torch.Tensor:
        """Features of a batch; one that does not fit the device's memory is halved until it does."""
        try:
            return self._run(self._image_features, batch)
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise EncoderError(
                    say(_("One picture does not fit the memory of {device}."), device=str(self.device)),
                    _("Free the device or use device=cpu."),
                    permanent=False,
                ) from error
        torch.cuda.empty_cache()
        half = len(batch) // 2
        self.info = replace(self.info, batch_size=max(1, min(self.info.batch_size, half)))
        return torch.cat([self._in_memory(batch[:half]), self._in_memory(batch[half:])])

    def _run(self, forward: Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor) -> torch.Tensor:
        if self.device.type == "cuda":
            batch = batch.pin_memory().to(self.device, non_blocking=True)
        with torch.inference_mode(), self._precision():
            return forward(batch).float().cpu()

    def _precision(self) -> AbstractContextManager[Any]:
        if self.device.type == "cuda" and torch.cuda.is_bf16_supported():
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()

    def _gathered(self, rows: list[torch.Tensor]) -> np.ndarray:
        if not rows:
            return np.zeros((0, self.info.dim), np.float32)
        return unit_rows(torch.cat(rows).numpy())

    def _fitting_batch(self) -> int:
        """Images whose activations take at most half of the free memory, a power of two in CUDA_BATCHES."""
        least, most = CUDA_BATCHES
        probe = torch.stack([self.prepare_image(Image.new("RGB", (256, 256)))] * least)
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        self._run(self._image_features, probe)
        each = max(1, (torch.cuda.max_memory_allocated(self.device) - before) // least)
        free, _total = torch.cuda.mem_get_info(self.device)
        return int(min(most, max(least, 2 ** int(np.log2(max(1, free // 2 // each))))))


# -- loading -------------------------------------------------------------------------------------------------


def _threads() -> int:
    """Threads of this process for torch; a thread that began while streams shared them would say fewer."""
    return torch_threads() or torch.get_num_threads()


def resolve_device(name: str) -> torch.device:
    """``auto`` becomes CUDA where there is one.

    Raises:
        EncoderError: CUDA was asked for and is not there.
    """
    if threads := torch_threads():
        torch.set_num_threads(threads)
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise EncoderError(
            _("CUDA was asked for and torch finds none."),
            _("Use device=auto, or install a driver that fits torch."),
        )
    found = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(found if name == "auto" else name)
    if device.type == "cpu":
        keep_freed_memory()
    return device


def state_hash(model: torch.nn.Module) -> str:
    """The same over a model's tensors, where there is no file to read."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def load_named(spec: str, device: str = "auto") -> OpenClipEncoder:
    """``open_clip:MODEL/TAG`` (downloads once) or ``open_clip:MODEL/path/to/checkpoint`` (no network).

    Raises:
        EncoderError: unknown model or tag, missing or wrong checkpoint, failed download.
    """
    import open_clip

    model_name, _slash, source = spec.removeprefix("open_clip:").partition("/")
    if model_name not in open_clip.list_models():
        mistake = unknown_model(model_name, open_clip.list_models())
        raise EncoderError(mistake.message, mistake.remedy)
    tags = open_clip.list_pretrained_tags_by_model(model_name)
    if source in tags:
        return _created(spec, model_name, source, device, [])
    checkpoint = checkpoint_at(source)
    if checkpoint is None:
        told = say(
            _("{source} is neither a pretrained tag of {model} nor a checkpoint file."),
            source=repr(source),
            model=model_name,
        )
        remedy = say(_("Tags: {known}. A path must lead to an existing file."), known=", ".join(tags) or "–")
        raise EncoderError(told, remedy)
    name = f"open_clip:{model_name}/{checkpoint.name}"
    return _created(name, model_name, str(checkpoint), device, [checkpoint])


def load_directory(spec: str, device: str = "auto") -> OpenClipEncoder:
    """``local-dir:/path``: a folder with ``open_clip_config.json`` and weights; no network.

    A folder that ``train_encoder`` wrote is taken as well.

    Raises:
        EncoderError: no folder, no configuration, no weights, or weights of another model.
    """
    folder = Path(spec.removeprefix("local-dir:")).expanduser()
    if (folder / f"{DEFAULT_ENCODER}.json").is_file():
        from recommender.engine.encoders.mini import load_mini

        return load_mini(f"local-dir:{folder.name}", device, folder)
    if mistake := folder_mistake(folder):
        raise EncoderError(mistake.message, mistake.remedy)
    return _created(f"local-dir:{folder.name}", f"local-dir:{folder}", None, device, weights_in(folder))


def _created(
    name: str, model_name: str, pretrained: str | None, device: str, files: list[Path]
) -> OpenClipEncoder:
    """Create model, preprocessing and tokenizer; whatever goes wrong becomes an EncoderError."""
    import open_clip

    target = resolve_device(device)
    try:
        model, _training, transform = open_clip.create_model_and_transforms(
            model_name, pretrained=pretrained, device=target, require_pretrained=True
        )
        tokenizer = open_clip.get_tokenizer(model_name)
    except Exception as error:  # open_clip, torch, safetensors and the hub each raise their own kinds
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        told = say(_("The weights of {name} cannot be loaded: {reason}"), name=name, reason=reason)
        raise EncoderError(told, _remedy(files)) from error
    model.eval()
    transform_name = "-".join(str(part) for part in _size_of(transform))
    info = EncoderInfo(
        name=name,
        weights_hash=file_hash(files) if files else state_hash(model),
        dim=_width(model, transform, target),
        preprocessing=f"open_clip-{transform_name}/1",
        modalities=("image", "text"),
        batch_size=CPU_BATCH,
    )
    return OpenClipEncoder(model, transform, tokenizer, info, target)


def _remedy(files: list[Path]) -> str:
    if files:
        return _("Check that the file is complete and belongs to this model's configuration.")
    return _("Check the network, or download the weights elsewhere and give their path in place of the tag.")


def _steps(transform: Any) -> Iterator[Any]:
    yield from getattr(transform, "transforms", [transform])


def _size_of(transform: Any) -> list[Any]:
    """Height and width the transform ends with, and its interpolation, for the preprocessing's name."""
    for step in _steps(transform):
        if (size := getattr(step, "size", None)) is not None:
            sizes = list(size) if isinstance(size, (tuple, list)) else [size]
            interpolation = getattr(getattr(step, "interpolation", None), "value", "")
            return [*sizes, interpolation]
    return ["unknown"]


def _side_of(transform: Any) -> int:
    return max((int(part) for part in _size_of(transform) if str(part).isdigit()), default=0)


def _width(model: torch.nn.Module, transform: Any, device: torch.device) -> int:
    pixels = transform(Image.new("RGB", (32, 32)))[None].to(device)
    with torch.inference_mode():
        return int(model.encode_image(pixels).shape[1])  # type: ignore[operator]
