"""Texts to token ids, by the tokenizer library that serves the models (a Node process)."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy

PAD, UNKNOWN, CLS, SEP, MASK = range(5)
SPECIAL_TOKENS = 5

ENCODER = Path(__file__).with_name("encode.mjs")


@dataclass(frozen=True)
class Encoding:
    """ids with [CLS] and [SEP]; starts in code points; words: index of the pre-tokenised word, -1 for special tokens."""

    ids: numpy.ndarray
    starts: numpy.ndarray
    words: numpy.ndarray


class Encoder:
    def __init__(self, tokenizer: Path):
        self.tokenizer = tokenizer
        self.vocabulary: dict[str, int] = json.loads(tokenizer.read_text("utf8"))["model"]["vocab"]

    def encode(self, texts: list[str]) -> list[Encoding]:
        process = subprocess.run(
            ["node", str(ENCODER), str(self.tokenizer)],
            input=json.dumps(texts).encode(),
            capture_output=True,
            check=True,
        )
        encodings = []
        for line in process.stdout.splitlines():
            ids, starts, words = json.loads(line)
            known = [-1 if word is None else word for word in words]
            encodings.append(Encoding(numpy.array(ids), numpy.array(starts), numpy.array(known)))
        return encodings

    def ids(self, texts: list[str]) -> list[numpy.ndarray]:
        return [encoding.ids for encoding in self.encode(texts)]
