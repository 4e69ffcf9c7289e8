"""Masked-language-model pre-training of the encoder that the three models start from.

python3 pretrain.py --datasets ../../../shared/datasets --tokenizer work/tokenizer.json --output work/encoder.pt
"""

import argparse
from pathlib import Path

import numpy
import torch
from torch.nn import functional

import corpora
from batching import attention_mask, batches, pad, position_offset
from bert import BertShape, Encoder, MaskedLanguageModel
from encoding import MASK, SPECIAL_TOKENS
from encoding import Encoder as TextEncoder
from optimisation import Optimiser, Progress, autocast, seed_everything

SHAPE = dict(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=768, max_position_embeddings=256)
TOKEN_BUDGET = 4_096
MASKED_SHARE = 0.2


def masked(ids: torch.Tensor, vocabulary: int) -> tuple[torch.Tensor, torch.Tensor]:
    """BERT's masking: of the chosen tokens 80 % become [MASK], 10 % another token, 10 % stay. Returns ids and places."""
    chosen = (torch.rand(ids.shape) < MASKED_SHARE) & (ids >= SPECIAL_TOKENS)
    fate = torch.rand(ids.shape)
    hidden = torch.where(chosen & (fate < 0.8), torch.full_like(ids, MASK), ids)
    others = torch.randint(SPECIAL_TOKENS, vocabulary, ids.shape)
    return torch.where(chosen & (fate > 0.9), others, hidden), chosen


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--datasets", type=Path, default=Path("../shared/datasets"))
    arguments.add_argument("--tokenizer", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--start", type=Path, help="an encoder to go on from")
    arguments.add_argument("--epochs", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--tag", help="a word that names the process in a process list")
    options = arguments.parse_args()
    rng = seed_everything(options.seed)

    encoder = TextEncoder(options.tokenizer)
    rows = [row for corpus in corpora.PRETRAINING_CORPORA for row in corpora.read(options.datasets, corpus, "train")]
    sequences = [ids[: SHAPE["max_position_embeddings"]] for ids in encoder.ids(corpora.texts(rows))]
    lengths = [len(ids) for ids in sequences]
    print(f"{len(sequences)} texts, {sum(lengths)} tokens, median length {int(numpy.median(lengths))}", flush=True)

    model = MaskedLanguageModel(Encoder(BertShape(len(encoder.vocabulary), **SHAPE), dropout=0.05))
    if options.start:
        model.encoder.load_state_dict(torch.load(options.start))
    steps = options.epochs * sum(1 for _ in batches(lengths, TOKEN_BUDGET))
    optimiser, progress = Optimiser(model, peak_rate=1.5e-3, steps=steps, weight_decay=0.01), Progress()
    for epoch in range(options.epochs):
        for batch in batches(lengths, TOKEN_BUDGET, rng):
            ids = pad([sequences[index] for index in batch])
            inputs, places = masked(ids, len(encoder.vocabulary))
            offset = position_offset(ids.shape[1], SHAPE["max_position_embeddings"], rng)
            with autocast():
                logits = model(inputs, attention_mask(ids), places, offset)
            loss = functional.cross_entropy(logits.float(), ids[places])
            optimiser.step(loss)
            progress.report(optimiser.taken, steps, loss)
        torch.save(optimiser.average.encoder.state_dict(), options.output)
        print(f"epoch {epoch + 1} written", flush=True)


if __name__ == "__main__":
    main()
