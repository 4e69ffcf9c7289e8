"""The arguments that the three training commands share."""

import argparse
from pathlib import Path

import torch

from bert import BertShape, Encoder
from pretrain import SHAPE
from teachers import Ensemble


def arguments(epochs: int, peak_rate: float, seed: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", type=Path, default=Path("../shared/datasets"))
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="the pre-trained encoder")
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="trained models; none: gold labels alone")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--peak-rate", type=float, default=peak_rate)
    parser.add_argument("--unlabelled", type=int, default=75_000, help="teacher-labelled texts made for each epoch")
    parser.add_argument("--layers", type=int, default=SHAPE["num_hidden_layers"], help="how many of the encoder's layers to keep")
    parser.add_argument("--recurrent", action="store_true", help="slots: train a BiLSTM that teaches, from the encoder's word embeddings")
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--tag", help="a word that names the process in a process list")
    return parser.parse_args()


def pretrained_encoder(options: argparse.Namespace, dropout: float) -> Encoder:
    weights = torch.load(options.encoder)
    vocabulary = weights["embeddings.word_embeddings.weight"].shape[0]
    encoder = Encoder(BertShape(vocabulary, **{**SHAPE, "num_hidden_layers": options.layers}), dropout)
    missing, _ = encoder.load_state_dict(weights, strict=False)
    if missing:
        raise ValueError(f"{options.encoder} lacks {missing}")
    return encoder


def ensemble_of_teachers(options: argparse.Namespace) -> Ensemble | None:
    members = [torch.load(path) for path in options.teachers]
    return Ensemble(members).eval() if members else None
