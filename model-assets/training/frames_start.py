"""What the frames model begins with: it copies from the first step, so that training has to teach it where, and no more.

From T5's own initialisation the model takes several times the steps: it must unlearn to repeat its last token, which is the
likeliest by embeddings of unit variance, and find out that a token which stands after the last one is the next.
"""

import torch
from torch import nn

from t5 import T5, Attention

# Standard deviation of the embeddings, which tell the last token, beside what the layers of the decoder add; the norm before the head makes up for it.
EMBEDDING = 0.3
HEAD_NORM = 3.0
# What the layers of the encoder add at first, so that its states tell their own token.
ENCODER_SHARE = 0.2
MATCHING = 0.4


def begin(model: T5, vectors: torch.Tensor, copying_heads: int) -> Attention:
    """Sets the weights; gives the cross attention whose first `copying_heads` heads copy, with their scores kept."""
    with torch.no_grad():
        model.embedding.weight.copy_(EMBEDDING * vectors)
        for block in model.encoder.blocks:
            block.attention.o.weight *= ENCODER_SHARE
            block.feed_forward.wo.weight *= ENCODER_SHARE
        model.decoder.final_norm.weight.fill_(HEAD_NORM)
        copying = model.decoder.blocks[-1].cross
        copying.watched = copying_heads
        let_know_the_token_before(model, copying)
        # The heads write what they read.
        width = copying_heads * model.shape.d_kv
        nn.init.orthogonal_(copying.v.weight[:width])
        copying.o.weight[:, :width] = copying.v.weight[:width].T
    return copying


def let_know_the_token_before(model: T5, copying: Attention) -> None:
    """The first head of the encoder, which looks at the token before, notes it beside each token; copying heads look for their last token there."""
    width = model.shape.d_kv
    reads, notes = (nn.init.orthogonal_(torch.empty(width, model.shape.d_model)) for _ in range(2))
    first = model.encoder.blocks[0].attention
    first.v.weight[:width] = reads
    first.o.weight[:, :width] = EMBEDDING * notes.T
    for head in range(copying.watched):
        rows = slice(head * width, (head + 1) * width)
        copying.q.weight[rows] = MATCHING * reads
        copying.k.weight[rows] = MATCHING * notes
