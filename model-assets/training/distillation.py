"""Trains a sequence classifier on gold labels, on the soft labels of teachers, or on both, for texts made anew each epoch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy
import torch
from torch import nn
from torch.nn import functional

from batching import attention_mask, batches, pad, position_offset
from optimisation import Optimiser, Progress, autocast

NO_LABEL = -1


@dataclass(frozen=True)
class Example:
    """ids with special tokens; NO_LABEL leaves the label to the teachers; weight scales the loss.

    `certain` asks no teacher: n-grams and convolutions get the negations of the templates wrong.
    """

    ids: numpy.ndarray
    label: int
    weight: float = 1.0
    certain: bool = False


@dataclass(frozen=True)
class Recipe:
    epochs: int
    peak_rate: float
    token_budget: int = 3_072
    gold_share: float = 0.4
    label_smoothing: float = 0.05
    weight_decay: float = 0.05


def loss_of(logits, chosen: list[Example], taught: torch.Tensor | None, recipe: Recipe) -> torch.Tensor:
    """Cross-entropy to gold where there is gold, to the teachers' probabilities where the label is not certain."""
    labels = torch.tensor([example.label for example in chosen])
    weights = torch.tensor([example.weight for example in chosen])
    certain = torch.tensor([float(example.certain) for example in chosen])
    has_gold = (labels != NO_LABEL).float()
    gold = functional.cross_entropy(
        logits, labels.clamp(min=0), reduction="none", label_smoothing=recipe.label_smoothing
    )
    if taught is None:
        return (gold * has_gold * weights).sum() / (has_gold * weights).sum().clamp(min=1.0)
    soft = -(taught.exp() * functional.log_softmax(logits, dim=1)).sum(1)
    share = torch.maximum(recipe.gold_share * has_gold, certain)
    return ((share * gold + (1 - share) * soft) * weights).sum() / weights.sum()


def train(
    model: nn.Module,
    examples_of_epoch: Callable[[int], list[Example]],
    recipe: Recipe,
    rng,
    teachers: nn.Module | None = None,
    evaluate: Callable[[nn.Module, int], None] = lambda model, epoch: None,
) -> nn.Module:
    """Returns the averaged model. `evaluate` sees it after every epoch."""
    positions = model.encoder.shape.max_position_embeddings if hasattr(model, "encoder") else None
    examples = examples_of_epoch(0)
    per_epoch = sum(1 for _ in batches([len(example.ids) for example in examples], recipe.token_budget))
    steps = recipe.epochs * per_epoch
    optimiser, progress = Optimiser(model, recipe.peak_rate, steps, recipe.weight_decay), Progress()
    for epoch in range(recipe.epochs):
        examples = examples if epoch == 0 else examples_of_epoch(epoch)
        model.train()
        for batch in batches([len(example.ids) for example in examples], recipe.token_budget, rng):
            chosen = [examples[index] for index in batch]
            ids = pad([example.ids for example in chosen])
            mask = attention_mask(ids)
            where = (position_offset(ids.shape[1], positions, rng),) if positions else ()
            with autocast():
                taught = teachers(ids, mask) if teachers else None
                logits = model(ids, mask, *where).float()
            loss = loss_of(logits, chosen, taught, recipe)
            optimiser.step(loss)
            progress.report(optimiser.taken, steps, loss)
        evaluate(optimiser.average, epoch + 1)
    return optimiser.average
