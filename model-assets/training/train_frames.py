"""Trains the default frames model: a sentence becomes its frame; slot tags of the source are a second task, dropped afterwards.

python3 train_frames.py --tokenizer work/frames-tokenizer.json --output work/frames
"""

import argparse
import random
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import corpora
from batching import batches, pad
from encoding import PAD, Encoder
from frames_checkpoint import write_frames
from frames_data import IGNORED, Augmenter, Pair, pairs_of, pieces_of_words, read_sentences, runs_of_words, slot_tags
from frames_start import begin
from optimisation import Optimiser, Progress, seed_everything
from piece_vectors import piece_vectors
from t5 import T5, Attention, T5Shape

TOKEN_BUDGET = 1_280
TAG_WEIGHT = 0.3
# Heads of the last cross attention that learn where the next token stands, and the weight of that.
COPYING_HEADS = 2
PLACE_WEIGHT = 0.3
# The softmax in training is over the tokens of the batch and so many others.
OTHER_TOKENS = 768
# Each epoch has every sentence once as it is and once with other values.
SWAPS = (0.0, 0.6)
EVERYDAY = 400


class WithTags(nn.Module):
    """The model, a classifier of slot tags over the encoder's states, and heads that are told where to look."""

    def __init__(self, model: T5, copying: Attention, tags: int):
        super().__init__()
        self.model = model
        self.tags = nn.Linear(model.shape.d_model, tags)
        self.copying = copying

    def forward(self, source, target):
        """Logits of the tags `[batch, source tokens, tags]` and what the head reads `[batch, target tokens, d_model]`."""
        encoded, mask = self.model.encode(source)
        started = functional.pad(target[:, :-1], (1, 0), value=PAD)
        return self.tags(encoded), self.model.decode(started, encoded, mask)


def loss_of(joint: WithTags, chosen: list[Pair]) -> torch.Tensor:
    source, target = pad([pair.source for pair in chosen]), pad([pair.target for pair in chosen])
    tags = pad([pair.tags for pair in chosen], IGNORED)
    tag_logits, hidden = joint(source, target)
    places = pad([pair.places for pair in chosen], IGNORED)[:, None].expand(-1, COPYING_HEADS, -1)
    real = target != PAD
    embedding = joint.model.embedding.weight
    others = torch.randint(len(embedding), (OTHER_TOKENS,))
    candidates, numbers = torch.cat([source.flatten(), target[real], others]).unique(return_inverse=True)
    wanted = numbers[source.numel() : -OTHER_TOKENS]
    logits = functional.linear(hidden[real] * joint.model.shape.d_model**-0.5, embedding[candidates])
    tagging = functional.cross_entropy(tag_logits.transpose(1, 2), tags, ignore_index=IGNORED, label_smoothing=0.05)
    placing = functional.cross_entropy(joint.copying.watched_scores.permute(0, 3, 1, 2), places, ignore_index=IGNORED)
    return functional.cross_entropy(logits, wanted, label_smoothing=0.05) + TAG_WEIGHT * tagging + PLACE_WEIGHT * placing


@torch.no_grad()
def exact(model: T5, pairs: list[Pair]) -> torch.Tensor:
    """Which frames greedy decoding gives exactly: those whose every token is the likeliest after the tokens before it."""
    right = torch.zeros(len(pairs), dtype=torch.bool)
    for batch in batches([len(pair.source) + len(pair.target) for pair in pairs], 8_192):
        source, target = pad([pairs[index].source for index in batch]), pad([pairs[index].target for index in batch])
        hidden = model.decode(functional.pad(target[:, :-1], (1, 0), value=PAD), *model.encode(source))
        right[batch] = ((model.logits(hidden).argmax(2) == target) | (target == PAD)).all(1)
    return right


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--datasets", type=Path, default=Path("../../../shared/datasets"))
    arguments.add_argument("--tokenizer", type=Path, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    arguments.add_argument("--start", type=Path, help="a run to go on from, or a package restored by frames_restore.py")
    arguments.add_argument("--epochs", type=int, default=5)
    arguments.add_argument("--minutes", type=float, help="the rate falls with time, for cores that are shared; --epochs is the most then")
    arguments.add_argument("--peak-rate", type=float, default=2e-3)
    arguments.add_argument("--dropout", type=float, default=0.1)
    arguments.add_argument("--seed", type=int, default=61)
    options = arguments.parse_args()
    rng = seed_everything(options.seed)

    encoder = Encoder(options.tokenizer)
    sentences, dev = (read_sentences(options.datasets, split) for split in ("train", "dev"))
    names = slot_tags(sentences)
    augmenter = Augmenter(sentences, runs_of_words(options.datasets), pieces_of_words(encoder.vocabulary))
    dev_pairs = pairs_of(dev, encoder, names)
    model = T5(T5Shape(len(encoder.vocabulary)), options.dropout)
    if options.start:
        vectors = torch.zeros_like(model.embedding.weight)
    else:
        texts = [text for corpus in corpora.PRETRAINING_CORPORA for text in corpora.texts(corpora.read(options.datasets, corpus, "train"))]
        vectors = piece_vectors(encoder.vocabulary, encoder.ids(texts), model.shape.d_model)
    joint = WithTags(model, begin(model, vectors, COPYING_HEADS), len(names))
    if options.start:
        missing, unknown = joint.load_state_dict(torch.load(options.start), strict=False)
        # A package has no classifier of tags; a head that copies is a part of the model, and named twice.
        lacking = [name for name in missing if not name.startswith(("tags.", "copying."))]
        if lacking or unknown:
            raise ValueError(f"{options.start} lacks {lacking}, and has {unknown}, which the model has not")
    print(f"{sum(weight.numel() for weight in joint.model.parameters()):,} parameters", flush=True)

    def examples(epoch: int) -> list[Pair]:
        vary = random.Random(f"frames {options.seed} {epoch}")
        varied = [augmenter.varied(sentence, vary, swap) for swap in SWAPS for sentence in sentences]
        return pairs_of(varied + [augmenter.everyday(vary) for _ in range(EVERYDAY)], encoder, names)

    def lengths(pairs: list[Pair]) -> list[int]:
        return [len(pair.source) + len(pair.target) for pair in pairs]

    steps = options.epochs * sum(1 for _ in batches(lengths(examples(0)), TOKEN_BUDGET))
    optimiser, progress = Optimiser(joint, options.peak_rate, steps, weight_decay=0.01), Progress()

    def share_over() -> float:
        return progress.seconds() / (60 * options.minutes) if options.minutes else optimiser.taken / steps

    optimiser.schedule_by(share_over)
    best = -1.0
    for epoch in range(options.epochs):
        data = examples(epoch)
        joint.train()
        for batch in batches(lengths(data), TOKEN_BUDGET, rng):
            if share_over() >= 1:
                break
            loss = loss_of(joint, [data[index] for index in batch])
            optimiser.step(loss)
            progress.report(optimiser.taken, steps, loss)
        match = 100 * exact(optimiser.average.model, dev_pairs).float().mean().item()
        print(f"epoch {epoch + 1}: exact match on dev {match:.2f}", flush=True)
        if match > best:
            best = match
            write_frames(optimiser.average.model, options.tokenizer, options.output)
            torch.save(optimiser.average.state_dict(), options.output.with_name(f"{options.output.name}-{options.seed}.pt"))
        if share_over() >= 1:
            break


if __name__ == "__main__":
    main()
