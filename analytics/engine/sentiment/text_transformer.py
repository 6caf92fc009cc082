"""Any Hugging Face model for sequence classification as the text model; loads torch, so workers only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from analytics.contracts import LABELS, Label, Word
from analytics.engine.sentiment.text_labels import meanings
from analytics.engine.sentiment.text_occlusion import weigh
from analytics.engine.sentiment.text_plug import TextPlug, mistake_in
from recommender.engine.encoders.open_clip_encoder import resolve_device, state_hash
from recommender.errors import EncoderError, RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import quoted, say

_BATCH = 32
_LONGEST = 512  # tokens
_BESIDE = 2  # positions that some models keep for themselves
_WHOLE = _("Check that its folder is whole.")
_ONCE = _(
    "Check its name. One on the hub needs the network once; without a network, give the folder of a model "
    "that was put on this machine."
)


class TransformerText:
    """Reads texts; made by ``load``. Its probabilities are taken as they are: temperature 1.

    Attributes:
        key: changes with the weights, the vocabulary and what its outputs mean.
        names, labels: its outputs, and what each stands for.
    """

    def __init__(
        self, model: Any, tokenizer: Any, labels: tuple[Label, ...], name: str, device: torch.device
    ) -> None:
        self._model, self._tokenizer, self._device = model.to(device).eval(), tokenizer, device
        self.names, self.labels = _names(model.config), labels
        self._columns = torch.zeros(len(labels), len(LABELS), device=device)
        for number, label in enumerate(labels):
            self._columns[number, LABELS.index(label)] = 1.0
        self._longest = _context(model.config, tokenizer)
        # Without a sign to pad with, texts of unequal length cannot stand side by side.
        padded = tokenizer.pad_token_id is not None and model.config.pad_token_id is not None
        self._batch = _BATCH if padded else 1
        self.key = f"{name}@{_hash(model, tokenizer, labels)}"

    @classmethod
    def load(cls, plug: TextPlug) -> TransformerText:
        """The model that ``plug`` names; one on the hub is downloaded once.

        Raises:
            RecommenderError: it is not there, is no such model, or its labels do not say what they mean.
        """
        if mistake := mistake_in(plug):
            told = say(_("The text model cannot be loaded: {reason}"), reason=quoted(mistake.message))
            raise RecommenderError(told, mistake.remedy)
        try:
            device = resolve_device(plug.device)
        except EncoderError as error:
            raise RecommenderError(error.message, error.remedy) from error
        model, tokenizer = _loaded(plug)
        if getattr(model.config, "problem_type", None) == "multi_label_classification":
            raise RecommenderError(
                say(_("{name} gives each label by itself, not one of them."), name=plug.name),
                _("Name a model whose labels exclude each other."),
            )
        return cls(model, tokenizer, meanings(_names(model.config), plug.labels), plug.name, device)

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 3) probabilities in the order of ``LABELS``; an empty text gets a third each."""
        rows = np.full((len(texts), len(LABELS)), 1 / 3)
        # Those of like length together, so that little is padded.
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: len(texts[at]))
        for start in range(0, len(order), self._batch):
            chosen = order[start : start + self._batch]
            rows[chosen] = self._probabilities([texts[at] for at in chosen])
        return rows

    def read_with_words(
        self, texts: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, list[tuple[Word, ...]]]:
        """``read``, and the words that moved the polarity, the weightiest first."""
        rows = self.read(texts)
        if not most:
            return rows, [()] * len(texts)
        return rows, weigh(texts, _polarity(rows), lambda some: _polarity(self.read(some)), most)

    @torch.inference_mode()
    def _probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 3) of texts that are not empty."""
        tokens = self._tokenizer(
            list(texts),
            padding=self._batch > 1,
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        ).to(self._device)
        outputs = self._model(**tokens).logits.double().softmax(-1)  # (n, outputs)
        return np.asarray((outputs @ self._columns.double()).cpu().numpy())


def _loaded(plug: TextPlug) -> tuple[Any, Any]:
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        model, info, tokenizer = _from_here_first(plug)
    except Exception as error:  # the library raises whatever the files and the network below it raise
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        remedy = _WHOLE if plug.folder is not None else _ONCE
        told = say(_("The text model {name} cannot be loaded: {reason}"), name=plug.name, reason=reason)
        raise RecommenderError(told, remedy) from error
    if absent := sorted(info["missing_keys"]):
        raise RecommenderError(
            say(
                _("{name} was not trained to classify texts: it lacks {parts}."),
                name=plug.name,
                parts=", ".join(absent[:3]),
            ),
            _("Name a model that was fitted to sentiment."),
        )
    return model, tokenizer


def _from_here_first(plug: TextPlug) -> tuple[Any, Any, Any]:
    """Model, what was missing of it, and tokenizer; of a name on the hub what was downloaded before.

    Asked for a model that it has, the library would still ask the hub for each file, and where the network
    is down try again for minutes.
    """
    if plug.folder is not None:
        return _pretrained(str(plug.folder), here=True)
    try:
        return _pretrained(plug.spec, here=True)
    except Exception:  # as above; what is wrong is told by the second try
        return _pretrained(plug.spec, here=False)


def _pretrained(source: str, *, here: bool) -> tuple[Any, Any, Any]:
    import transformers

    model, info = transformers.AutoModelForSequenceClassification.from_pretrained(
        source, output_loading_info=True, local_files_only=here
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=here)
    # Where its file is not there, the library makes one that knows no word and says nothing of it.
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise OSError("its tokenizer is not there: no file has a vocabulary")
    return model, info, tokenizer


def _names(config: Any) -> list[str]:
    return [str(config.id2label[number]) for number in sorted(config.id2label)]


def _context(config: Any, tokenizer: Any) -> int:
    """Tokens that the model reads of a text."""
    told = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None)]
    positions = [int(one) - _BESIDE for one in told[1:] if one and one > 0]
    return int(min([_LONGEST, told[0], *positions]))


def _hash(model: Any, tokenizer: Any, labels: Sequence[str]) -> str:
    digest = hashlib.sha256(state_hash(model).encode())
    digest.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    digest.update(",".join(labels).encode())
    return digest.hexdigest()[:16]


def _polarity(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows[:, 2] - rows[:, 0])
