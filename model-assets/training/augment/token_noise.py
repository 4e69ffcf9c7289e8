"""Perturbs token ids (special tokens excluded): the label of what comes out is for the teachers to say."""

import random

import numpy

from encoding import CLS, MASK, SEP


def wrapped(body: numpy.ndarray) -> numpy.ndarray:
    """`[CLS] body [SEP]`."""
    return numpy.concatenate([[CLS], body, [SEP]])


def body(ids: numpy.ndarray) -> numpy.ndarray:
    return ids[1:-1]


def dropped(tokens: numpy.ndarray, share: float, rng: numpy.random.Generator) -> numpy.ndarray:
    kept = tokens[rng.random(len(tokens)) >= share]
    return kept if len(kept) else tokens


def hidden(tokens: numpy.ndarray, share: float, rng: numpy.random.Generator) -> numpy.ndarray:
    return numpy.where(rng.random(len(tokens)) < share, MASK, tokens)


def replaced(tokens: numpy.ndarray, share: float, pool: numpy.ndarray, rng: numpy.random.Generator) -> numpy.ndarray:
    """Replaces tokens by draws from `pool`, the tokens of a corpus, so that frequent tokens are drawn often."""
    draws = pool[rng.integers(len(pool), size=len(tokens))]
    return numpy.where(rng.random(len(tokens)) < share, draws, tokens)


def cropped(tokens: numpy.ndarray, rng: random.Random, shortest: int = 2) -> numpy.ndarray:
    """A contiguous piece."""
    if len(tokens) <= shortest:
        return tokens
    length = rng.randint(shortest, len(tokens))
    start = rng.randint(0, len(tokens) - length)
    return tokens[start : start + length]


def spliced(first: numpy.ndarray, second: numpy.ndarray, rng: random.Random) -> numpy.ndarray:
    """The beginning of one text and the end of another."""
    head = first[: rng.randint(1, max(1, len(first) - 1))]
    tail = second[rng.randint(0, max(0, len(second) - 1)) :]
    return numpy.concatenate([head, tail])
