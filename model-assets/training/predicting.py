"""Logits of a model for encoded texts, in fp32 and in the order given."""

from collections.abc import Sequence

import numpy
import torch

from batching import attention_mask, batches, pad


@torch.no_grad()
def sequence_logits(model: torch.nn.Module, sequences: Sequence[numpy.ndarray]) -> torch.Tensor:
    """`[texts, labels]`."""
    model.eval()
    found, order = [], []
    for batch in batches([len(ids) for ids in sequences], token_budget=4_096):
        ids = pad([sequences[index] for index in batch])
        found.append(model(ids, attention_mask(ids)).float())
        order.extend(batch)
    logits = torch.cat(found)
    return logits[torch.argsort(torch.tensor(order))]


@torch.no_grad()
def token_logits(model: torch.nn.Module, sequences: Sequence[numpy.ndarray]) -> list[torch.Tensor]:
    """One `[tokens, labels]` for each text, special tokens included."""
    model.eval()
    logits: list = [None] * len(sequences)
    for batch in batches([len(ids) for ids in sequences], token_budget=4_096):
        ids = pad([sequences[index] for index in batch])
        for row, index in zip(model(ids, attention_mask(ids)).float(), batch):
            logits[index] = row[: len(sequences[index])]
    return logits


def accuracy(logits: torch.Tensor, labels: Sequence[int]) -> float:
    """Per cent."""
    return 100 * (logits.argmax(1) == torch.tensor(labels)).float().mean().item()
