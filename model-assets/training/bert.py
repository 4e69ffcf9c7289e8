"""BERT (post-layer-norm encoder) with the names and semantics of Hugging Face's `BertModel`, for small models."""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from dropout import PooledDropout


@dataclass(frozen=True)
class BertShape:
    vocab_size: int
    hidden_size: int = 192
    num_hidden_layers: int = 4
    num_attention_heads: int = 6
    intermediate_size: int = 576
    max_position_embeddings: int = 256
    layer_norm_eps: float = 1e-12


class Embeddings(nn.Module):
    def __init__(self, shape: BertShape, dropout: float):
        super().__init__()
        self.word_embeddings = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, shape.hidden_size)
        self.token_type_embeddings = nn.Embedding(2, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = PooledDropout(dropout)

    def forward(self, ids: torch.Tensor, position_offset: int) -> torch.Tensor:
        positions = torch.arange(position_offset, position_offset + ids.shape[1])
        embedded = self.word_embeddings(ids) + self.position_embeddings(positions) + self.token_type_embeddings.weight[0]
        return self.dropout(self.LayerNorm(embedded))


class Layer(nn.Module):
    """One encoder layer; query, key and value are one product here and are split on export."""

    def __init__(self, shape: BertShape, dropout: float):
        super().__init__()
        hidden = shape.hidden_size
        self.heads = shape.num_attention_heads
        self.query_key_value = nn.Linear(hidden, 3 * hidden)
        self.attention_output = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=shape.layer_norm_eps)
        self.intermediate = nn.Linear(hidden, shape.intermediate_size)
        self.output = nn.Linear(shape.intermediate_size, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=shape.layer_norm_eps)
        self.dropout = PooledDropout(dropout)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor, first_only: bool = False) -> torch.Tensor:
        """`[batch, tokens, hidden]`, or `[batch, 1, hidden]` for [CLS] alone, which is all that a classifier reads."""
        batch, tokens, width = hidden.shape
        split = self.query_key_value(hidden).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        if first_only:
            query, hidden, tokens = query[:, :, :1], hidden[:, :1], 1
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // self.heads) + mask
        attended = (torch.softmax(scores, dim=-1).to(value.dtype) @ value).transpose(1, 2).reshape(batch, tokens, width)
        hidden = self.attention_norm(hidden + self.dropout(self.attention_output(attended)))
        expanded = functional.gelu(self.intermediate(hidden))
        return self.output_norm(hidden + self.dropout(self.output(expanded)))


class Encoder(nn.Module):
    def __init__(self, shape: BertShape, dropout: float = 0.1):
        super().__init__()
        self.shape = shape
        self.embeddings = Embeddings(shape, dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.num_hidden_layers))
        self.apply(initialise)

    def forward(self, ids, attention_mask, position_offset: int = 0, first_only: bool = False) -> torch.Tensor:
        """ids and attention_mask `[batch, tokens]` -> hidden states `[batch, tokens, hidden]`."""
        mask = (1.0 - attention_mask.float())[:, None, None, :] * -1e4
        hidden = self.embeddings(ids, position_offset)
        for number, layer in enumerate(self.layers, start=1):
            hidden = layer(hidden, mask, first_only and number == len(self.layers))
        return hidden


class SequenceClassifier(nn.Module):
    """`BertForSequenceClassification`: tanh pooler over [CLS], then a linear classifier."""

    def __init__(self, encoder: Encoder, labels: int, dropout: float = 0.1):
        super().__init__()
        self.encoder = encoder
        self.pooler = nn.Linear(encoder.shape.hidden_size, encoder.shape.hidden_size)
        self.classifier = nn.Linear(encoder.shape.hidden_size, labels)
        self.dropout = PooledDropout(dropout)
        self.pooler.apply(initialise)
        self.classifier.apply(initialise)

    def forward(self, ids, attention_mask, position_offset: int = 0) -> torch.Tensor:
        """Logits `[batch, labels]`."""
        hidden = self.encoder(ids, attention_mask, position_offset, first_only=True)
        return self.classifier(self.dropout(torch.tanh(self.pooler(hidden[:, 0]))))


class TokenClassifier(nn.Module):
    """`BertForTokenClassification`: a linear classifier over every token."""

    def __init__(self, encoder: Encoder, labels: int, dropout: float = 0.1):
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.shape.hidden_size, labels)
        self.dropout = PooledDropout(dropout)
        self.classifier.apply(initialise)

    def forward(self, ids, attention_mask, position_offset: int = 0) -> torch.Tensor:
        """Logits `[batch, tokens, labels]`."""
        return self.classifier(self.dropout(self.encoder(ids, attention_mask, position_offset)))


class MaskedLanguageModel(nn.Module):
    """Predicts masked tokens; the output embedding is the word embedding. Only its encoder is kept."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        self.transform = nn.Linear(encoder.shape.hidden_size, encoder.shape.hidden_size)
        self.norm = nn.LayerNorm(encoder.shape.hidden_size)
        self.bias = nn.Parameter(torch.zeros(encoder.shape.vocab_size))

    def forward(self, ids, attention_mask, masked, position_offset: int = 0) -> torch.Tensor:
        """Logits over the vocabulary at the masked places only, `[masked tokens, vocabulary]`."""
        hidden = self.encoder(ids, attention_mask, position_offset)[masked]
        hidden = self.norm(functional.gelu(self.transform(hidden)).float())
        return functional.linear(hidden, self.encoder.embeddings.word_embeddings.weight, self.bias)


def initialise(module: nn.Module) -> None:
    """Truncated-normal initialisation; wider than BERT's 0.02 because narrow models learn faster with it."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        deviation = 0.04 if isinstance(module, nn.Linear) else 0.05
        nn.init.trunc_normal_(module.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
