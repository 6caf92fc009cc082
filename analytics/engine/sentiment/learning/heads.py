"""Training of small heads, networks or linear, calibrated on rows each has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analytics.engine.sentiment.calibration import Temperature, fit_temperature
from analytics.engine.sentiment.head import Head
from recommender.errors import RecommenderError

#: Weights and shifts of the hidden units, none in a linear model, then of the classes.
Member = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class HeadRecipe:
    """An ensemble of networks of one layer; goes into the model card.

    Attributes:
        hidden, members: units of a network, networks of the ensemble.
        epochs, batch, rate, decay: of AdamW with one cycle of the learning rate.
        dropout, input_dropout: shares of units and of features hidden in training.
        mixing: parameter of the beta distribution by which two rows are mixed (Zhang et al. 2018, mixup).
        smoothing: of the labels.
        folds: for calibration; rows of one group stay together.
        seed: of everything random.
    """

    hidden: int = 64
    members: int = 4
    epochs: int = 25
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    dropout: float = 0.3
    input_dropout: float = 0.2
    mixing: float = 0.2
    smoothing: float = 0.05
    folds: int = 4
    seed: int = 0

    def members_of(self, rows: np.ndarray, classes: np.ndarray, count: int) -> list[Member]:
        """Networks that tell ``count`` classes (n,) of standardised rows (n, features)."""
        return [_network(rows, classes, count, self, number) for number in range(self.members)]


@dataclass(frozen=True)
class LinearRecipe:
    """A logistic regression; goes into the model card.

    Attributes:
        penalty: L2; the sum of squares times half of it is added to the mean loss.
        folds: for calibration; rows of one group stay together.
        seed: of the folds; nothing else is random.
    """

    penalty: float = 0.1
    folds: int = 4
    seed: int = 0

    def members_of(self, rows: np.ndarray, classes: np.ndarray, count: int) -> list[Member]:
        """The one linear model that tells ``count`` classes (n,) of standardised rows (n, features).

        Raises:
            RecommenderError: there are fewer than three classes, or rows of one are missing.
        """
        from sklearn.linear_model import LogisticRegression

        if count < 3 or len(np.unique(classes)) != count:
            raise RecommenderError(
                f"Of {count} classes, {len(np.unique(classes))} have rows to learn from.",
                "Learn from data in which each of at least three occurs.",
            )
        model = LogisticRegression(C=1 / (self.penalty * len(rows)), max_iter=2000).fit(rows, classes)
        return [(np.zeros((0, 0)), np.zeros(0), model.coef_.T, model.intercept_)]


def group_folds(groups: np.ndarray, folds: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Masks (n,) of the rows held out in each fold; the rows of a group are held out together."""
    names, places = np.unique(groups, return_inverse=True)
    part = np.random.default_rng([seed, 11]).permutation(len(names)) % folds
    for fold in range(folds):
        yield part[places] == fold


def train_head(
    views: np.ndarray,
    classes: np.ndarray,
    merge: np.ndarray,
    groups: np.ndarray,
    recipe: HeadRecipe | LinearRecipe,
    facts: Mapping[str, Any],
    calibrated_on: np.ndarray | None = None,
) -> tuple[Head, np.ndarray]:
    """A calibrated head, and its calibrated readings (n, 3) of rows held out in turn.

    Args:
        views: (v, n, features); view 0 is the rows as they are, others are changed copies for training.
        classes: (n,) numbers of the classes to tell apart.
        merge: (classes, 3) which label each class counts as.
        groups: (n,) rows that must not be parted.
        recipe: see there.
        facts: for the card.
        calibrated_on: (n,) the rows that the temperature is fitted on; None for all.
    """
    held = np.zeros((views.shape[1], 3))
    for part in group_folds(groups, recipe.folds, recipe.seed):
        held[part] = _untempered(views[:, ~part], classes[~part], merge, recipe).raw(views[0, part])
    rows = np.ones(len(classes), bool) if calibrated_on is None else calibrated_on
    temperature = fit_temperature(held[rows], merge.argmax(axis=1)[classes[rows]])
    whole = _untempered(views, classes, merge, recipe)
    card = {**facts, "recipe": asdict(recipe), "rows": len(classes)}
    names = ("mean", "scale", "w1", "b1", "w2", "b2", "merge")
    head = Head(**{name: getattr(whole, name) for name in names}, temperature=temperature, facts=card)
    return head, temperature.apply(held)


def _untempered(
    views: np.ndarray, classes: np.ndarray, merge: np.ndarray, recipe: HeadRecipe | LinearRecipe
) -> Head:
    rows = np.concatenate(list(views)).astype(np.float32)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    rows = np.clip((rows - mean) / scale, -4.0, 4.0)
    members = recipe.members_of(rows, np.tile(classes, len(views)), len(merge))
    w1, b1, w2, b2 = (np.stack(parts) for parts in zip(*members, strict=True))
    return Head(mean, scale, w1, b1, w2, b2, merge, Temperature(), {})


def _network(rows: np.ndarray, classes: np.ndarray, count: int, recipe: HeadRecipe, member: int) -> Member:
    """Weights of one network trained on standardised ``rows``."""
    import torch
    from torch import nn

    torch.manual_seed(recipe.seed * 1000 + member)
    rng = np.random.default_rng([recipe.seed, member])
    x = torch.from_numpy(rows)
    y = nn.functional.one_hot(torch.from_numpy(classes.astype(np.int64)), count).float()
    y = (1 - recipe.smoothing) * y + recipe.smoothing / count
    net = nn.Sequential(
        nn.Dropout(recipe.input_dropout),
        nn.Linear(x.shape[1], recipe.hidden),
        nn.ReLU(),
        nn.Dropout(recipe.dropout),
        nn.Linear(recipe.hidden, count),
    )
    steps = recipe.epochs * -(-len(x) // recipe.batch)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps)
    for _ in range(recipe.epochs):
        for picks in np.array_split(rng.permutation(len(x)), -(-len(x) // recipe.batch)):
            share = float(rng.beta(recipe.mixing, recipe.mixing)) if recipe.mixing else 1.0
            other = rng.permutation(picks)
            mixed, wanted = (share * part[picks] + (1 - share) * part[other] for part in (x, y))
            loss = nn.functional.cross_entropy(net(mixed), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    w1, b1, w2, b2 = (p.detach().numpy().copy() for layer in linear for p in (layer.weight.T, layer.bias))
    return w1, b1, w2, b2
