"""The examples that the sentiment model and its teachers are trained on."""

import random
from pathlib import Path

import numpy

import corpora
from augment.contractions import Contractions
from augment.sentiment_templates import sentences
from augment.token_noise import body, cropped, dropped, hidden, replaced, spliced, wrapped
from distillation import NO_LABEL, Example

LABELS = ["negative", "positive"]
LONGEST = 256
TEMPLATES = 15_000
JOINED = 600

# How often an epoch passes over a domain: half of the easy pros and cons are enough, movie reviews are few and hard.
PASSES = {"pros_cons": 0.5, "reddit": 1.0, "movies": 1.75, "products": 1.5, "tweets": 1.5}


class SentimentData:
    def __init__(self, datasets: Path, encoder, seed: int):
        rows = corpora.read(datasets, "sentiment_mix", "train")
        words = corpora.read(datasets, "lexicon", "train")
        self.encoder, self.seed = encoder, seed
        self.bodies = [body(ids[:LONGEST]) for ids in encoder.ids(corpora.texts(rows))]
        self.labels = [LABELS.index(row["label"]) for row in rows]
        self.passes = [PASSES[row["domain"]] for row in rows]
        self.word_bodies = [body(ids) for ids in encoder.ids(corpora.texts(words))]
        self.word_labels = [LABELS.index(row["label"]) for row in words]
        self.contractions = Contractions(encoder)
        self.pool = numpy.concatenate(self.bodies)
        self.by_label = [[b for b, label in zip(self.bodies, self.labels) if label == wanted] for wanted in (0, 1)]

    def gold(self, epoch: int) -> list[Example]:
        """The corpus with light noise, the lexicon, templates, and long texts joined from short ones of one label."""
        rng, noise = random.Random(f"gold {self.seed} {epoch}"), numpy.random.default_rng([self.seed, epoch, 1])
        examples = []
        for tokens, label, passes in zip(self.bodies, self.labels, self.passes):
            for _ in range(int(passes + rng.random())):
                varied = self.contractions.rewritten(tokens, rng) if rng.random() < 0.5 else tokens
                if rng.random() < 0.5:
                    varied = dropped(hidden(varied, 0.05, noise), 0.05, noise)
                examples.append(Example(wrapped(varied), label))
        for tokens, label in zip(self.word_bodies, self.word_labels):
            if rng.random() < 0.5:
                examples.append(Example(wrapped(tokens), label, weight=0.3))
        drawn = sentences(TEMPLATES, seed=self.seed * 1_000 + epoch)
        for ids, (_, label) in zip(self.encoder.ids([text for text, _ in drawn]), drawn):
            examples.append(Example(ids, LABELS.index(label), weight=0.8, certain=True))
        examples.extend(self._joined(rng, JOINED))
        return examples

    def unlabelled(self, epoch: int, count: int) -> list[Example]:
        """Pieces, splices and noisy copies of the corpus, whose labels the teachers give."""
        rng, noise = random.Random(f"soft {self.seed} {epoch}"), numpy.random.default_rng([self.seed, epoch, 2])
        examples = []
        for _ in range(count):
            tokens = rng.choice(self.bodies)
            kind = rng.random()
            if kind < 0.35:
                tokens = cropped(tokens, rng)
            elif kind < 0.7:
                tokens = spliced(tokens, rng.choice(self.bodies), rng)
            else:
                tokens = replaced(tokens, 0.2, self.pool, noise)
            examples.append(Example(wrapped(dropped(tokens, 0.05, noise)[: LONGEST - 2]), NO_LABEL))
        return examples

    def _joined(self, rng: random.Random, count: int) -> list[Example]:
        examples = []
        for _ in range(count):
            label = rng.randrange(2)
            parts = [rng.choice(self.by_label[label]) for _ in range(rng.randint(3, 12))]
            examples.append(Example(wrapped(numpy.concatenate(parts)[: LONGEST - 2]), label, weight=0.5))
        return examples
