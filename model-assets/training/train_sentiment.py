"""Trains the default sentiment model.

python3 train_sentiment.py --tokenizer work/tokenizer.json --encoder work/encoder.pt --teachers work/sentiment-teachers.pt \
    --output work/sentiment
"""

from pathlib import Path

import torch

import corpora
from bert import SequenceClassifier
from checkpoint import write_checkpoint
from command_line import arguments, ensemble_of_teachers, pretrained_encoder
from distillation import Recipe, train
from encoding import Encoder
from optimisation import seed_everything
from predicting import accuracy, sequence_logits
from sentiment_data import LABELS, SentimentData

PROBES = Path(__file__).with_name("probes") / "sentiment.jsonl"


class Evaluation:
    """Prints accuracy on the dev splits (by domain too) and the probe sentences that go wrong."""

    def __init__(self, datasets: Path, encoder: Encoder):
        self.sets = {
            "sentiment_mix dev": corpora.read(datasets, "sentiment_mix", "dev"),
            "sst2 dev": corpora.read(datasets, "sst2", "dev"),
            "probes": corpora.read_lines(PROBES),
        }
        self.encoded = {name: [ids[:256] for ids in encoder.ids(corpora.texts(rows))] for name, rows in self.sets.items()}

    def __call__(self, model, epoch: int) -> None:
        figures = []
        for name, rows in self.sets.items():
            logits = sequence_logits(model, self.encoded[name])
            gold = [LABELS.index(row["label"]) for row in rows]
            figures.append(f"{name} {accuracy(logits, gold):.2f}")
            for domain in sorted({row["domain"] for row in rows if "domain" in row}):
                inside = [index for index, row in enumerate(rows) if row["domain"] == domain]
                figures.append(f"({domain} {accuracy(logits[inside], [gold[index] for index in inside]):.1f})")
        wrong = [row["text"] for row, guess, label in zip(rows, logits.argmax(1).tolist(), gold) if guess != label]
        print(f"epoch {epoch}: {' '.join(figures)}; wrong probes: {wrong}", flush=True)


def main() -> None:
    options = arguments(epochs=5, peak_rate=6e-4, seed=11)
    rng = seed_everything(options.seed)
    encoder = Encoder(options.tokenizer)
    data = SentimentData(options.datasets, encoder, options.seed)
    evaluate = Evaluation(options.datasets, encoder)
    model = SequenceClassifier(pretrained_encoder(options, dropout=0.1), len(LABELS))
    teachers = ensemble_of_teachers(options)

    def examples(epoch: int):
        return data.gold(epoch) + (data.unlabelled(epoch, options.unlabelled) if teachers else [])

    def keep(average, epoch: int) -> None:
        evaluate(average, epoch)
        write_checkpoint(average, LABELS, options.tokenizer, "sentiment", options.output)

    train(model, examples, Recipe(options.epochs, options.peak_rate), rng, teachers, keep)


if __name__ == "__main__":
    main()
