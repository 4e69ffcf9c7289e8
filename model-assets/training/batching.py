"""Batches by token budget, of texts of similar length, so that little of a batch is padding."""

import random
from collections.abc import Iterator, Sequence

import numpy
import torch

from encoding import PAD


def batches(lengths: Sequence[int], token_budget: int, rng: random.Random | None = None) -> Iterator[list[int]]:
    """Indices into `lengths`, up to `token_budget` padded tokens a batch; shuffled when `rng` is given."""
    if rng is None:
        order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    else:
        order = sorted(range(len(lengths)), key=lambda index: lengths[index] + rng.random() * 2)
    groups, group = [], []
    for index in order:
        if group and lengths[index] * (len(group) + 1) > token_budget:
            groups.append(group)
            group = []
        group.append(index)
    if group:
        groups.append(group)
    if rng is not None:
        rng.shuffle(groups)
    yield from groups


def pad(sequences: Sequence[numpy.ndarray], filler: int = PAD) -> torch.Tensor:
    """`[batch, longest]`, filled up on the right."""
    longest = max(len(sequence) for sequence in sequences)
    padded = numpy.full((len(sequences), longest), filler, dtype=numpy.int64)
    for row, sequence in zip(padded, sequences):
        row[: len(sequence)] = sequence
    return torch.from_numpy(padded)


def attention_mask(ids: torch.Tensor) -> torch.Tensor:
    return (ids != PAD).long()


def position_offset(tokens: int, positions: int, rng: random.Random) -> int:
    """0 as served in three batches of four, else anywhere: so that positions that few texts reach are trained too."""
    if rng.random() < 0.75 or tokens >= positions:
        return 0
    return rng.randrange(positions - tokens + 1)
