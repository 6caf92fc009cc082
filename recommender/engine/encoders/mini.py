"""The embedded encoder ``mmsite-mini``: a small open_clip model plus an audio tower, weights included."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from recommender.contracts import Clip
from recommender.engine.encoders.audio_tower import SILENCE, AudioTower
from recommender.engine.encoders.base import DEFAULT_ENCODER, EncoderInfo
from recommender.engine.encoders.calibration import WEIGHTS
from recommender.engine.encoders.files import file_hash, trained_files
from recommender.engine.encoders.open_clip_encoder import (
    CPU_BATCH,
    OpenClipEncoder,
    resolve_device,
)
from recommender.engine.encoders.processor import fold_norms
from recommender.engine.encoders.tokenizer import JointTokenizer
from recommender.engine.preprocess.audio import log_mel
from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

FOLDER = WEIGHTS / DEFAULT_ENCODER
PREPROCESSING = "squash224-bicubic+logmel64/1"
IMAGE_SIZE = 224
#: Larger pictures are first averaged to so many times the size (Pillow's ``reducing_gap``).
_REDUCING_GAP = 3.0
#: Frames are padded to a multiple of this, so that clips of like length share a pass.
FRAME_STEP = 64
LONGEST_FRAMES = 1536  # 15 s; longer clips are cut into windows of this length, whose vectors are averaged


class MiniEncoder(OpenClipEncoder):
    """``mmsite-mini`` loaded: pictures, English and Chinese words, speech and sounds."""

    image_size = IMAGE_SIZE

    def __init__(self, model: Any, *args: Any) -> None:
        *_others, device = args
        # On a processor a copy with fewer steps serves; the model stays as it was.
        self._image_tower = _folded(model.visual) if device.type == "cpu" else model.visual
        super().__init__(model, *args)

    @property
    def decode_size(self) -> int:
        """The tower's own side: vectors of pictures decoded larger are the same to a cosine of .997."""
        return IMAGE_SIZE

    def prepare_image(self, image: Image.Image) -> torch.Tensor:
        """(224, 224, 3) uint8: the whole picture squashed to a square, since nothing may be cropped away."""
        return _prepared(image)

    def _image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._image_tower(pixel_values(pixels))

    def _text_features(self, tokens: torch.Tensor) -> torch.Tensor:
        return text_features(self.model.text, tokens)

    def _clip_features(self, frames: torch.Tensor) -> torch.Tensor:
        return self.model.audio(frames)  # type: ignore[operator]

    def encode_clips(self, clips: Sequence[Clip]) -> np.ndarray:
        """(n, dim) unit rows; windows of the same length go through the tower together."""
        windows = [(order, frames) for order, clip in enumerate(clips) for frames in _windows(log_mel(clip))]
        totals = torch.zeros(len(clips), self.info.dim)
        for length in sorted({len(frames) for _order, frames in windows}):
            alike = [(order, frames) for order, frames in windows if len(frames) == length]
            for start in range(0, len(alike), self.info.batch_size):
                part = alike[start : start + self.info.batch_size]
                batch = torch.from_numpy(np.stack([frames for _order, frames in part]))
                vectors = nn.functional.normalize(self._run(self._clip_features, batch), dim=1)
                totals.index_add_(0, torch.tensor([order for order, _frames in part]), vectors)
        return self._gathered([totals] if len(clips) else [])


def _folded(tower: Any) -> Any:
    folded = copy.deepcopy(tower)
    fold_norms(folded.trunk)
    return folded


def _prepared(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(squashed(image))


def squashed(image: Image.Image, size: int = IMAGE_SIZE) -> np.ndarray:
    """(size, size, 3) uint8 of a picture of any mode; transparency is laid on white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    picture = image if image.mode == "RGB" else image.convert("RGB")
    across, down = (max(1, int(side / size / _REDUCING_GAP)) for side in picture.size)
    if max(across, down) > 1:  # quick, and in little memory
        picture = picture.reduce((across, down))
    channels_first = torch.from_numpy(np.array(picture))[None].permute(0, 3, 1, 2)
    # Four times as quick as Pillow's. At sharp edges some pixels differ from it, vectors hardly.
    scaled = nn.functional.interpolate(channels_first, (size, size), mode="bicubic", antialias=True)
    return np.ascontiguousarray(scaled.permute(0, 2, 3, 1)[0].numpy())


def pixel_values(pixels: torch.Tensor) -> torch.Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float in [-1, 1), laid out channels last as the tower likes it."""
    return (pixels.permute(0, 3, 1, 2).float() - 128.0) / 128.0


def text_features(tower: Any, tokens: torch.Tensor) -> torch.Tensor:
    """(n, dim) of open_clip's text tower, run only as far as the longest text of the batch.

    The tower is causal and pools at the ending token, so the padding after it cannot matter.
    """
    x, mask = tower._embeds(tokens)  # (n, length, width)
    length = tokens.shape[1]
    x = tower.ln_final(tower.transformer(x, attn_mask=mask[:length, :length]))
    pooled = x[torch.arange(len(x), device=x.device), tokens.argmax(dim=1)]
    return pooled @ tower.text_projection


def load_mini(spec: str = DEFAULT_ENCODER, device: str = "auto", folder: Path = FOLDER) -> MiniEncoder:
    """Load the embedded encoder (or another trained by ``train_encoder``) from ``folder``; no network.

    Raises:
        EncoderError: the weights are missing or do not fit the configuration.
    """
    target = resolve_device(device)
    model = build_model(folder)
    load_state(model, folder)
    model.eval().to(target, memory_format=torch.channels_last)
    tokenizer = load_tokenizer(folder)
    info = EncoderInfo(
        name=spec,
        weights_hash=file_hash(trained_files(folder)),
        dim=configuration(folder)["embed_dim"],
        preprocessing=PREPROCESSING,
        modalities=("image", "text", "audio"),
        languages=("en", "zh"),
        batch_size=CPU_BATCH,
    )
    return MiniEncoder(model, _prepared, tokenizer, info, target)


def weights_of(folder: Path) -> Path:
    """Where a folder keeps its weights: half-precision safetensors."""
    return folder / f"{DEFAULT_ENCODER}.safetensors"


def load_state(model: Any, folder: Path) -> None:
    """Put the weights in ``folder`` into ``model``.

    Raises:
        EncoderError: they are missing, damaged, or of another configuration.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights = weights_of(folder)
    if not weights.is_file():
        raise EncoderError(
            say(_("The weights {path} are missing."), path=str(weights)),
            _("Restore them from the repository, or train anew: manage.py train_encoder."),
        )
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in load_file(weights).items()})
    except (SafetensorError, RuntimeError, OSError) as error:
        raise EncoderError(
            say(_("The weights {path} do not fit: {error}"), path=str(weights), error=_first_line(error)),
            _("Restore them from the repository, or train anew: manage.py train_encoder."),
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def save_state(model: Any, folder: Path) -> None:
    """Write ``model``'s weights into ``folder``: aside first, so that a reader never meets half a file."""
    from safetensors.torch import save_file

    draft = weights_of(folder).with_suffix(".part")
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in model.state_dict().items()
    }
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, draft)
    draft.chmod(0o644)
    draft.replace(weights_of(folder))


def build_model(folder: Path = FOLDER) -> Any:
    """The network of ``folder``'s configuration with fresh weights: open_clip's CLIP plus ``model.audio``."""
    import open_clip

    _register_trunk()
    settings = configuration(folder)
    model: Any = open_clip.CustomTextCLIP(
        settings["embed_dim"], vision_cfg=settings["vision_cfg"], text_cfg=settings["text_cfg"]
    )
    model.audio = AudioTower(settings["embed_dim"])
    return model


def register() -> None:
    """Make ``mmsite-mini`` a name that open_clip's own factory and training tools know."""
    import open_clip

    _register_trunk()
    open_clip.add_model_config(FOLDER / f"{DEFAULT_ENCODER}.json")


def configuration(folder: Path = FOLDER) -> dict[str, Any]:
    """The open_clip configuration that ships beside the weights.

    Raises:
        EncoderError: it is missing or damaged.
    """
    path = folder / f"{DEFAULT_ENCODER}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            say(_("The configuration {path} cannot be read ({error})."), path=str(path), error=str(error)),
            _("Restore it from the repository, or train anew: manage.py train_encoder."),
        ) from error


def load_tokenizer(folder: Path = FOLDER) -> JointTokenizer:
    """The vocabulary that ships beside the weights.

    Raises:
        EncoderError: it is missing.
    """
    text = configuration(folder)["text_cfg"]
    return JointTokenizer.from_file(folder / "vocabulary.txt", text["context_length"], text["vocab_size"])


@lru_cache(maxsize=1)
def _register_trunk() -> None:
    """Tell timm of MobileNet v1 padded as TensorFlow pads, which is how the pretrained weights expect it."""
    import timm

    def mmsite_mobilenetv1(pretrained: bool = False, **kwargs: Any) -> nn.Module:
        return timm.create_model("mobilenetv1_100", pretrained=False, pad_type="same", **kwargs)

    timm.models.register_model(mmsite_mobilenetv1)


def _windows(frames: np.ndarray) -> list[np.ndarray]:
    """Frames padded with silence to a multiple of FRAME_STEP, in windows of at most LONGEST_FRAMES."""
    missing = -len(frames) % FRAME_STEP
    padded = np.pad(frames, ((0, missing), (0, 0)), constant_values=SILENCE)
    return [padded[start : start + LONGEST_FRAMES] for start in range(0, len(padded), LONGEST_FRAMES)]
