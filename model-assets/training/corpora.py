"""Reads the labelled corpora: one folder each, `train.jsonl` and `dev.jsonl`. The test splits are never opened here."""

import json
from pathlib import Path

PRETRAINING_CORPORA = ("sentiment_mix", "clinc150", "snips", "banking77")


def read(datasets: Path, corpus: str, split: str) -> list[dict]:
    if split not in ("train", "dev"):
        raise ValueError(f"training reads train and dev only, not {split!r}")
    return read_lines(datasets / corpus / f"{split}.jsonl")


def read_lines(path: Path) -> list[dict]:
    with path.open(encoding="utf8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def texts(rows: list[dict]) -> list[str]:
    return [row["text"] for row in rows]
