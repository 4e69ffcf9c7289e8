"""Trains the default slot model: BIO tags by token, with the intent as a second task that is dropped afterwards.

python3 train_slots.py --tokenizer work/tokenizer.json --encoder work/encoder.pt --output work/slots
"""

import random
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import corpora
from batching import attention_mask, batches, pad, position_offset
from bert import TokenClassifier
from checkpoint import write_checkpoint
from command_line import arguments, pretrained_encoder
from encoding import Encoder
from optimisation import Optimiser, Progress, autocast, seed_everything
from predicting import token_logits
from recurrent import RecurrentEncoder
from slots_data import IGNORED, Augmenter, Sentence, read_sentences, tag_names, tagged, words_of_other_corpora
from span_f1 import span_f1, spans

PROBES = Path(__file__).with_name("probes") / "slots.jsonl"
TOKEN_BUDGET = 1_536
CONTINUATION_WEIGHT = 0.3
SOFT_SHARE = 0.8
INTENT_WEIGHT = 0.3


class Evaluation:
    """Prints span F1 over words (a word's tag is that of its first token), on dev and on the probes."""

    def __init__(self, datasets: Path, encoder: Encoder, names: list[str], intents: list[str]):
        self.names = names
        dev = read_sentences(datasets, "dev")
        probes = [Sentence(row["tokens"], row["tags"], intents[0]) for row in corpora.read_lines(PROBES)]
        self.sets = {name: (rows, tagged(rows, encoder, names, intents)) for name, rows in (("dev", dev), ("probes", probes))}

    def __call__(self, model: nn.Module, epoch: int) -> None:
        figures = []
        for name, (sentences, examples) in self.sets.items():
            guesses = self._guesses(model, examples)
            figures.append(f"{name} {span_f1([sentence.tags for sentence in sentences], guesses):.2f}")
        wrong = [
            f"{sentence.text}: {self._shown(sentence, guess)}"
            for sentence, guess in zip(sentences, guesses)
            if spans(guess) != spans(sentence.tags)
        ]
        print(f"epoch {epoch}: span F1 {', '.join(figures)}; wrong probes: {wrong}", flush=True)

    def _guesses(self, model, examples) -> list[list[str]]:
        logits = token_logits(model, [example.ids for example in examples])
        return [
            [self.names[tag] for tag in rows.argmax(1)[torch.from_numpy(example.heads)].tolist()]
            for rows, example in zip(logits, examples)
        ]

    @staticmethod
    def _shown(sentence: Sentence, guess: list[str]) -> str:
        return ", ".join(f"{label}={' '.join(sentence.words[a:b + 1])}" for a, b, label in sorted(spans(guess)))


class WithIntent(nn.Module):
    """The token classifier and, from [CLS], the intent."""

    def __init__(self, tagger: TokenClassifier, intents: int):
        super().__init__()
        self.tagger = tagger
        self.intent = nn.Linear(tagger.encoder.shape.hidden_size, intents)

    def forward(self, ids, mask, offset: int):
        hidden = self.tagger.encoder(ids, mask, offset)
        return self.tagger.classifier(self.tagger.dropout(hidden)), self.intent(hidden[:, 0])


def loss_of(logits, intent_logits, chosen, taught) -> torch.Tensor:
    tags = pad([example.tags for example in chosen], IGNORED)
    weights = torch.full(tags.shape, CONTINUATION_WEIGHT)
    for row, example in enumerate(chosen):
        weights[row, example.heads] = 1.0
    weights = weights * (tags != IGNORED)
    loss = functional.cross_entropy(logits.transpose(1, 2), tags.clamp(min=0), reduction="none", label_smoothing=0.05)
    if taught is not None:
        soft = -(taught * functional.log_softmax(logits, dim=2)).sum(2)
        loss = SOFT_SHARE * soft + (1 - SOFT_SHARE) * loss
    intents = torch.tensor([example.intent for example in chosen])
    return (loss * weights).sum() / weights.sum() + INTENT_WEIGHT * functional.cross_entropy(intent_logits, intents)


def encoder_of(options) -> nn.Module:
    if not options.recurrent:
        return pretrained_encoder(options, dropout=0.15)
    return RecurrentEncoder(torch.load(options.encoder)["embeddings.word_embeddings.weight"])


def main() -> None:
    options = arguments(epochs=20, peak_rate=8e-4, seed=31)
    rng = seed_everything(options.seed)
    encoder = Encoder(options.tokenizer)
    sentences = read_sentences(options.datasets, "train")
    names, intents = tag_names(sentences), sorted({sentence.intent for sentence in sentences})
    augmenter = Augmenter(sentences, words_of_other_corpora(options.datasets) if options.teachers else [])
    evaluate = Evaluation(options.datasets, encoder, names, intents)
    joint = WithIntent(TokenClassifier(encoder_of(options), len(names)), len(intents))
    teachers = [torch.load(path).eval() for path in options.teachers]

    def examples(epoch: int):
        vary = random.Random(f"slots {options.seed} {epoch}")
        plain = [augmenter.varied(sentence, vary, swap=0.0) for sentence in sentences]
        swapped = [augmenter.varied(sentence, vary, swap=0.6) for sentence in sentences]
        return tagged(plain + swapped, encoder, names, intents)

    steps = options.epochs * sum(1 for _ in batches([len(example.ids) for example in examples(0)], TOKEN_BUDGET))
    optimiser, progress = Optimiser(joint, options.peak_rate, steps), Progress()
    for epoch in range(options.epochs):
        data = examples(epoch)
        joint.train()
        for batch in batches([len(example.ids) for example in data], TOKEN_BUDGET, rng):
            chosen = [data[index] for index in batch]
            ids = pad([example.ids for example in chosen])
            mask = attention_mask(ids)
            offset = position_offset(ids.shape[1], joint.tagger.encoder.shape.max_position_embeddings, rng)
            with autocast():
                logits, intent_logits = joint(ids, mask, offset)
                with torch.no_grad():
                    taught = [teacher(ids, mask).float().softmax(2) for teacher in teachers]
            mean = torch.stack(taught).mean(0) if taught else None
            loss = loss_of(logits.float(), intent_logits.float(), chosen, mean)
            optimiser.step(loss)
            progress.report(optimiser.taken, steps, loss)
        tagger = optimiser.average.tagger
        evaluate(tagger, epoch + 1)
        if not options.recurrent:
            write_checkpoint(tagger, names, options.tokenizer, "slots", options.output)
        torch.save(tagger, options.output.with_name(f"{options.output.name}-{options.seed}.pt"))


if __name__ == "__main__":
    main()
