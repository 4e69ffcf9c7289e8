"""Trains the teachers of the sentiment or the intent model: CNNs that start from the encoder's word embeddings, hashed n-grams.

python3 train_teachers.py sentiment cnn,ngrams --tokenizer work/tokenizer.json --encoder work/encoder.pt --output work/sentiment-teachers.pt
"""

import sys

import torch

import train_intent
import train_sentiment
from command_line import arguments
from distillation import Recipe, train
from encoding import Encoder
from intent_data import IntentData
from optimisation import seed_everything
from sentiment_data import LABELS, SentimentData
from teachers import Cnn, Ensemble, HashedNgrams


def main() -> None:
    task, kinds = sys.argv.pop(1), sys.argv.pop(1).split(",")
    options = arguments(epochs=4, peak_rate=1.5e-3, seed=1)
    seed_everything(options.seed)
    encoder = Encoder(options.tokenizer)
    if task == "sentiment":
        data, labels = SentimentData(options.datasets, encoder, options.seed), LABELS
        evaluate = train_sentiment.Evaluation(options.datasets, encoder)
    else:
        data = IntentData(options.datasets, encoder, options.seed)
        labels = data.labels
        evaluate = train_intent.Evaluation(options.datasets, encoder, labels)
    embeddings = torch.load(options.encoder)["embeddings.word_embeddings.weight"]

    members = []
    for number, kind in enumerate(kinds):
        rng = seed_everything(options.seed + number)
        network = Cnn(embeddings, len(labels)) if kind == "cnn" else HashedNgrams(len(labels))
        rate = options.peak_rate if kind == "cnn" else 4 * options.peak_rate
        print(f"teacher {number + 1}: {kind}", flush=True)
        recipe = Recipe(options.epochs, rate, token_budget=3_072, weight_decay=0.02)
        members.append(train(network, data.gold, recipe, rng, evaluate=evaluate))
        torch.save(Ensemble(members), options.output)
    print("ensemble", flush=True)
    evaluate(Ensemble(members), options.epochs)


if __name__ == "__main__":
    main()
