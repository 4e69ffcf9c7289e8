"""Writes the checkpoint whose weights are the mean of those of two runs, of which one goes on from the other.

python3 frames_mean.py work/frames-tokenizer.json work/frames-63.pt work/frames-64.pt work/frames
"""

import sys
from pathlib import Path

import torch

from encoding import Encoder
from frames_checkpoint import write_frames
from t5 import T5, T5Shape

if __name__ == "__main__":
    tokenizer, first, second, folder = map(Path, sys.argv[1:])
    model = T5(T5Shape(len(Encoder(tokenizer).vocabulary)))
    runs = [torch.load(path) for path in (first, second)]
    model.load_state_dict({name: torch.stack([run[f"model.{name}"] for run in runs]).mean(0) for name in model.state_dict()})
    write_frames(model, tokenizer, folder)
