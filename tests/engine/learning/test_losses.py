"""Contrastive losses against versions written out pair by pair."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from recommender.engine.learning.losses import alignment_loss, contrastive_loss, shared_targets


def rows(count: int, dim: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return nn.functional.normalize(torch.randn(count, dim, generator=generator), dim=1)


def naive_contrastive(a: torch.Tensor, b: torch.Tensor, targets: torch.Tensor, scale: float) -> float:
    """Mean over rows, then over columns, of minus the log share of the right answers."""

    def one_way(queries: torch.Tensor, answers: torch.Tensor, table: torch.Tensor) -> float:
        losses = []
        for i, query in enumerate(queries):
            mass = float(table[i].sum())
            if mass == 0:
                continue
            total = sum(math.exp(scale * float(query @ answer)) for answer in answers)
            logs = [scale * float(query @ answer) - math.log(total) for answer in answers]
            losses.append(-sum(float(t) / mass * x for t, x in zip(table[i], logs, strict=True)))
        return sum(losses) / max(1, len(losses))

    return (one_way(a, b, targets) + one_way(b, a, targets.T)) / 2


@pytest.mark.parametrize("scale", [1.0, 14.3])
def test_the_loss_with_one_right_answer_is_that_of_the_definition(scale: float) -> None:
    a, b, targets = rows(5, 8, 0), rows(5, 8, 1), torch.eye(5)
    assert float(contrastive_loss(a, b, targets, scale)) == pytest.approx(
        naive_contrastive(a, b, targets, scale), rel=1e-5
    )


def test_the_loss_with_several_right_answers_is_that_of_the_definition() -> None:
    a, b = rows(4, 8, 2), rows(6, 8, 3)
    targets = torch.tensor([[1, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 2, 1, 1.0]])
    assert float(contrastive_loss(a, b, targets, 5.0)) == pytest.approx(
        naive_contrastive(a, b, targets, 5.0), rel=1e-5
    )


def test_it_agrees_with_cross_entropy_where_positions_are_the_answers() -> None:
    a, b = rows(7, 8, 4), rows(7, 8, 5)
    logits, right = 10.0 * a @ b.T, torch.arange(7)
    both = nn.functional.cross_entropy(logits, right) + nn.functional.cross_entropy(logits.T, right)
    assert float(contrastive_loss(a, b, torch.eye(7), 10.0)) == pytest.approx(float(both) / 2, rel=1e-5)


def test_matching_rows_cost_less_than_shuffled_ones() -> None:
    a = rows(6, 8, 6)
    assert contrastive_loss(a, a, torch.eye(6), 10.0) < contrastive_loss(a, a.flip(0), torch.eye(6), 10.0)


def test_rows_without_a_right_answer_do_not_move_the_loss() -> None:
    a, b = rows(4, 8, 7), rows(4, 8, 8)
    a.requires_grad_(True)
    targets = torch.eye(4)
    targets[2] = 0.0
    targets[:, 2] = 0.0
    contrastive_loss(a, b[[0, 1, 3]], targets[:, [0, 1, 3]], 5.0).backward()
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()


def test_equal_keys_share_the_target() -> None:
    keys = torch.tensor([7, 8, 7])
    expected = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    torch.testing.assert_close(shared_targets(keys, keys), expected)


def test_a_key_without_an_equal_gets_no_target() -> None:
    assert shared_targets(torch.tensor([1]), torch.tensor([2, 3])).sum() == 0


def test_alignment_is_one_minus_the_mean_cosine() -> None:
    a, b = rows(5, 8, 9), rows(5, 8, 10)
    assert float(alignment_loss(3 * a, b)) == pytest.approx(1 - float((a * b).sum(dim=1).mean()), rel=1e-5)
