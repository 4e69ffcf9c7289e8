"""Trains the default intent model: 150 intents and `oos`, decided by a plain argmax.

python3 train_intent.py --tokenizer work/tokenizer.json --encoder work/encoder.pt --teachers work/intent-teachers.pt \
    --output work/intent
"""

import copy
from pathlib import Path

import torch

import corpora
from bert import SequenceClassifier
from checkpoint import write_checkpoint
from command_line import arguments, ensemble_of_teachers, pretrained_encoder
from distillation import Recipe, train
from encoding import Encoder
from intent_data import IntentData
from optimisation import seed_everything
from predicting import accuracy, sequence_logits
from scope import bias_for_recall, rates

PROBES = Path(__file__).with_name("probes") / "intent.jsonl"

# The out-of-scope recall on dev at which the bias is set: the floor, plus what 100 dev texts may err by.
DEV_RECALL = 78


class Evaluation:
    """Prints the trade-off on dev and the probes that go wrong; knows the bias that reaches DEV_RECALL."""

    def __init__(self, datasets: Path, encoder: Encoder, labels: list[str]):
        self.labels = labels
        dev, self.probes = corpora.read(datasets, "clinc150", "dev"), corpora.read_lines(PROBES)
        self.dev, self.probe_ids = encoder.ids(corpora.texts(dev)), encoder.ids(corpora.texts(self.probes))
        self.gold = torch.tensor([labels.index(row["label"]) for row in dev])
        self.probe_gold = [labels.index(row["label"]) for row in self.probes]

    def bias(self, model) -> float:
        return bias_for_recall(sequence_logits(model, self.dev), self.gold, len(self.labels) - 1, DEV_RECALL)

    def __call__(self, model, epoch: int) -> None:
        out_of_scope = len(self.labels) - 1
        logits = sequence_logits(model, self.dev)
        figures = ["untuned in-scope {:.2f} at recall {:.0f}".format(*rates(logits, self.gold, out_of_scope, 0.0))]
        for recall in (75, 80, DEV_RECALL, 87):
            bias = bias_for_recall(logits, self.gold, out_of_scope, recall)
            figures.append("{:.2f} at {:.0f} (bias {:+.2f})".format(*rates(logits, self.gold, out_of_scope, bias), bias))
        shifted = sequence_logits(model, self.probe_ids)
        shifted[:, out_of_scope] += self.bias(model)
        wrong = [
            f"{row['text']} -> {self.labels[guess]}"
            for row, guess, label in zip(self.probes, shifted.argmax(1).tolist(), self.probe_gold)
            if guess != label
        ]
        print(f"epoch {epoch}: {'; '.join(figures)}; probes {accuracy(shifted, self.probe_gold):.1f} {wrong}", flush=True)


def with_bias(model: SequenceClassifier, bias: float) -> SequenceClassifier:
    """A copy whose out-of-scope logit carries `bias`."""
    tuned = copy.deepcopy(model)
    with torch.no_grad():
        tuned.classifier.bias[-1] += bias
    return tuned


def main() -> None:
    options = arguments(epochs=20, peak_rate=8e-4, seed=21)
    rng = seed_everything(options.seed)
    encoder = Encoder(options.tokenizer)
    data = IntentData(options.datasets, encoder, options.seed)
    evaluate = Evaluation(options.datasets, encoder, data.labels)
    model = SequenceClassifier(pretrained_encoder(options, dropout=0.1), len(data.labels))
    teachers = ensemble_of_teachers(options)

    def examples(epoch: int):
        return data.gold(epoch) + (data.unlabelled(epoch, options.unlabelled) if teachers else [])

    def keep(average, epoch: int) -> None:
        evaluate(average, epoch)
        tuned = with_bias(average, evaluate.bias(average))
        write_checkpoint(tuned, data.labels, options.tokenizer, "intent", options.output)
        torch.save(average, options.output.with_name(f"{options.output.name}-{options.seed}.pt"))

    train(model, examples, Recipe(options.epochs, options.peak_rate, token_budget=1_536, gold_share=0.6), rng, teachers, keep)


if __name__ == "__main__":
    main()
