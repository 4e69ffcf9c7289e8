"""A bidirectional LSTM over the same token ids, which teaches the slot model: few texts are enough for it."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


@dataclass(frozen=True)
class RecurrentShape:
    hidden_size: int
    max_position_embeddings: int = 1 << 30


class RecurrentEncoder(nn.Module):
    """Takes the place of `bert.Encoder`: ids and attention mask `[batch, tokens]` -> `[batch, tokens, hidden]`."""

    def __init__(self, embeddings: torch.Tensor, width: int = 256, layers: int = 2, dropout: float = 0.4):
        super().__init__()
        self.shape = RecurrentShape(2 * width)
        self.embedding = nn.Embedding.from_pretrained(embeddings.clone(), freeze=False)
        self.lstm = nn.LSTM(embeddings.shape[1], width, layers, batch_first=True, bidirectional=True, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids, attention_mask, position_offset: int = 0) -> torch.Tensor:
        """LSTMs have no positions: `position_offset` is the transformer's. fp32, as bfloat16 is not faster for them."""
        with torch.autocast("cpu", enabled=False):
            packed = pack_padded_sequence(
                self.dropout(self.embedding(ids)), attention_mask.sum(1), batch_first=True, enforce_sorted=False
            )
            hidden, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=ids.shape[1])
            return self.dropout(hidden)
