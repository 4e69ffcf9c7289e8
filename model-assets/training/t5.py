"""T5 v1.0 (pre-norm, RMS norms, no biases, relative positions) with Hugging Face's semantics, for small models.

Attention is not scaled by the head's width, the embedding is the head's matrix, and what the head reads is scaled by
hidden ** -0.5, as `T5ForConditionalGeneration` has it with `tie_word_embeddings`.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from dropout import PooledDropout
from encoding import PAD

BLOCKED = -1e9


@dataclass(frozen=True)
class T5Shape:
    vocab_size: int
    d_model: int = 256
    d_kv: int = 64
    num_heads: int = 4
    d_ff: int = 512
    num_layers: int = 3
    num_decoder_layers: int = 2
    relative_attention_num_buckets: int = 32
    relative_attention_max_distance: int = 128
    layer_norm_epsilon: float = 1e-6


class RmsNorm(nn.Module):
    def __init__(self, shape: T5Shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.d_model))
        self.epsilon = shape.layer_norm_epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True) + self.epsilon) * self.weight


def buckets(queries: int, keys: int, shape: T5Shape, both_ways: bool) -> torch.Tensor:
    """`[queries, keys]`: exact distances up to half of a direction's buckets, logarithmic ones up to the largest distance."""
    distance = torch.arange(keys)[None, :] - torch.arange(queries)[:, None]
    count = shape.relative_attention_num_buckets
    first = torch.zeros_like(distance)
    if both_ways:
        count //= 2
        first = (distance > 0).long() * count
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = count // 2
    scale = (count - exact) / math.log(shape.relative_attention_max_distance / exact)
    far = exact + (torch.log(distance.clamp(min=1).float() / exact) * scale).long()
    return first + torch.where(distance < exact, distance, far.clamp(max=count - 1))


def nearby(shape: T5Shape, decodes: bool) -> torch.Tensor:
    """The biases to begin with, `[buckets, heads]`: a head for each neighbour, one for all that is near, the others for everything.

    From biases near zero a small model takes thousands of steps until it looks at the token before.
    """
    count, heads = shape.relative_attention_num_buckets, shape.num_heads
    table = torch.zeros(count, heads)
    neighbours = (1, 2) if decodes else (1, count // 2 + 1)
    for head, bucket in enumerate(neighbours):
        table[bucket, head] = 4.0
    table[:, len(neighbours)] = -0.4 * (torch.arange(count) % (count if decodes else count // 2))
    return table


class Attention(nn.Module):
    def __init__(self, shape: T5Shape):
        super().__init__()
        inner = shape.num_heads * shape.d_kv
        self.heads = shape.num_heads
        # The scores of so many heads, `[batch, watched, queries, keys]`, are kept for whoever trains them.
        self.watched = 0
        self.q, self.k, self.v = (nn.Linear(shape.d_model, inner, bias=False) for _ in range(3))
        self.o = nn.Linear(inner, shape.d_model, bias=False)
        for layer, deviation in ((self.q, (shape.d_model * shape.d_kv) ** -0.5), (self.k, shape.d_model**-0.5),
                                 (self.v, shape.d_model**-0.5), (self.o, inner**-0.5)):
            nn.init.normal_(layer.weight, std=deviation)

    def forward(self, hidden: torch.Tensor, source: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """hidden `[batch, queries, d_model]`, source `[batch, keys, d_model]`, bias broadcast to `[batch, heads, queries, keys]`."""
        batch, queries, _ = hidden.shape
        query, key, value = (
            layer(states).view(batch, states.shape[1], self.heads, -1).transpose(1, 2)
            for layer, states in ((self.q, hidden), (self.k, source), (self.v, source))
        )
        scores = query @ key.transpose(-1, -2) + bias
        if self.watched:
            self.watched_scores = scores[:, : self.watched]
        weights = torch.softmax(scores, dim=-1)
        return self.o((weights @ value).transpose(1, 2).reshape(batch, queries, -1))


class FeedForward(nn.Module):
    def __init__(self, shape: T5Shape):
        super().__init__()
        self.wi = nn.Linear(shape.d_model, shape.d_ff, bias=False)
        self.wo = nn.Linear(shape.d_ff, shape.d_model, bias=False)
        nn.init.normal_(self.wi.weight, std=shape.d_model**-0.5)
        nn.init.normal_(self.wo.weight, std=shape.d_ff**-0.5)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.wo(functional.relu(self.wi(hidden)))


class Block(nn.Module):
    def __init__(self, shape: T5Shape, decodes: bool, dropout: float):
        super().__init__()
        self.attention, self.attention_norm = Attention(shape), RmsNorm(shape)
        if decodes:
            self.cross, self.cross_norm = Attention(shape), RmsNorm(shape)
        self.feed_forward, self.feed_forward_norm = FeedForward(shape), RmsNorm(shape)
        self.dropout = PooledDropout(dropout)

    def forward(self, hidden, bias, source=None, source_bias=None) -> torch.Tensor:
        normed = self.attention_norm(hidden)
        hidden = hidden + self.dropout(self.attention(normed, normed, bias))
        if source is not None:
            hidden = hidden + self.dropout(self.cross(self.cross_norm(hidden), source, source_bias))
        return hidden + self.dropout(self.feed_forward(self.feed_forward_norm(hidden)))


class Stack(nn.Module):
    """The encoder, or the decoder."""

    def __init__(self, shape: T5Shape, layers: int, decodes: bool, dropout: float):
        super().__init__()
        self.shape, self.decodes = shape, decodes
        self.blocks = nn.ModuleList(Block(shape, decodes, dropout) for _ in range(layers))
        self.relative_attention_bias = nn.Embedding(shape.relative_attention_num_buckets, shape.num_heads)
        self.relative_attention_bias.weight.data.copy_(nearby(shape, decodes))
        self.final_norm = RmsNorm(shape)
        self.dropout = PooledDropout(dropout)

    def forward(self, embedded, mask, source=None, source_bias=None) -> torch.Tensor:
        """mask is broadcast to `[batch, heads, queries, keys]` and added to the scores."""
        tokens = embedded.shape[1]
        places = buckets(tokens, tokens, self.shape, both_ways=not self.decodes)
        bias = self.relative_attention_bias(places).permute(2, 0, 1)[None] + mask
        hidden = self.dropout(embedded)
        for block in self.blocks:
            hidden = block(hidden, bias, source, source_bias)
        return self.dropout(self.final_norm(hidden))


class T5(nn.Module):
    def __init__(self, shape: T5Shape, dropout: float = 0.1):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab_size, shape.d_model)
        self.encoder = Stack(shape, shape.num_layers, decodes=False, dropout=dropout)
        self.decoder = Stack(shape, shape.num_decoder_layers, decodes=True, dropout=dropout)

    def encode(self, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """source `[batch, tokens]`, padded with PAD -> hidden states and the mask over them, `[batch, 1, 1, tokens]`."""
        mask = (source == PAD).float()[:, None, None, :] * BLOCKED
        return self.encoder(self.embedding(source), mask), mask

    def decode(self, target: torch.Tensor, encoded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """target `[batch, tokens]`, beginning with PAD -> what the head reads, `[batch, tokens, d_model]`."""
        tokens = target.shape[1]
        causal = torch.full((tokens, tokens), BLOCKED).triu(1)
        return self.decoder(self.embedding(target), causal, encoded, mask)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return functional.linear(hidden * self.shape.d_model**-0.5, self.embedding.weight)
