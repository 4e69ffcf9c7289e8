"""Writes a Hugging Face checkpoint folder: config.json, model.safetensors, tokenizer.json, tokenizer_config.json, README.md."""

import json
import os
import shutil
from pathlib import Path

import numpy
import torch

from bert import BertShape, SequenceClassifier

CARDS = Path(__file__).with_name("cards")


def hugging_face_tensors(model: torch.nn.Module) -> dict[str, numpy.ndarray]:
    """The weights under the tensor names of `BertForSequenceClassification` or `BertForTokenClassification`, fp32."""
    tensors = {}
    for name, weight in model.encoder.embeddings.state_dict().items():
        tensors[f"bert.embeddings.{name}"] = weight
    for number, layer in enumerate(model.encoder.layers):
        prefix = f"bert.encoder.layer.{number}"
        for kind in ("weight", "bias"):
            stacked = getattr(layer.query_key_value, kind)
            for role, part in zip(("query", "key", "value"), stacked.chunk(3)):
                tensors[f"{prefix}.attention.self.{role}.{kind}"] = part
            tensors[f"{prefix}.attention.output.dense.{kind}"] = getattr(layer.attention_output, kind)
            tensors[f"{prefix}.attention.output.LayerNorm.{kind}"] = getattr(layer.attention_norm, kind)
            tensors[f"{prefix}.intermediate.dense.{kind}"] = getattr(layer.intermediate, kind)
            tensors[f"{prefix}.output.dense.{kind}"] = getattr(layer.output, kind)
            tensors[f"{prefix}.output.LayerNorm.{kind}"] = getattr(layer.output_norm, kind)
    if isinstance(model, SequenceClassifier):
        tensors["bert.pooler.dense.weight"] = model.pooler.weight
        tensors["bert.pooler.dense.bias"] = model.pooler.bias
    tensors["classifier.weight"] = model.classifier.weight
    tensors["classifier.bias"] = model.classifier.bias
    return {name: weight.detach().float().contiguous().numpy() for name, weight in tensors.items()}


def write_safetensors(tensors: dict[str, numpy.ndarray], path: Path) -> None:
    """Eight bytes of header length, the header as JSON (padded to a multiple of eight), the tensors little-endian."""
    header, position = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        end = position + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [position, end]}
        position = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little"))
        file.write(encoded)
        for tensor in tensors.values():
            file.write(tensor.astype("<f4").tobytes())


def config(model: torch.nn.Module, labels: list[str]) -> dict:
    shape: BertShape = model.encoder.shape
    sequence = isinstance(model, SequenceClassifier)
    return {
        "architectures": ["BertForSequenceClassification" if sequence else "BertForTokenClassification"],
        "model_type": "bert",
        "vocab_size": shape.vocab_size,
        "hidden_size": shape.hidden_size,
        "num_hidden_layers": shape.num_hidden_layers,
        "num_attention_heads": shape.num_attention_heads,
        "intermediate_size": shape.intermediate_size,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.0,
        "max_position_embeddings": shape.max_position_embeddings,
        "type_vocab_size": 2,
        "layer_norm_eps": shape.layer_norm_eps,
        "position_embedding_type": "absolute",
        "initializer_range": 0.02,
        "pad_token_id": 0,
        "id2label": {str(index): label for index, label in enumerate(labels)},
        "label2id": {label: index for index, label in enumerate(labels)},
        "torch_dtype": "float32",
    }


def tokenizer_config(shape: BertShape) -> dict:
    return {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": shape.max_position_embeddings,
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }


def write_checkpoint(model: torch.nn.Module, labels: list[str], tokenizer: Path, card: str, folder: Path) -> None:
    """Replaces `folder` in one step, so that whoever reads it sees the old checkpoint or the new one."""
    if len(labels) != model.classifier.out_features:
        raise ValueError(f"{len(labels)} labels for a classifier of {model.classifier.out_features}")
    fresh, stale = folder.with_name(f"{folder.name}.fresh"), folder.with_name(f"{folder.name}.stale")
    for leftover in (fresh, stale):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    write_safetensors(hugging_face_tensors(model), fresh / "model.safetensors")
    (fresh / "config.json").write_text(json.dumps(config(model, labels), indent=2) + "\n", "utf8")
    shape = model.encoder.shape
    (fresh / "tokenizer_config.json").write_text(json.dumps(tokenizer_config(shape), indent=2) + "\n", "utf8")
    shutil.copyfile(tokenizer, fresh / "tokenizer.json")
    shutil.copyfile(CARDS / f"{card}.md", fresh / "README.md")
    if folder.exists():
        os.rename(folder, stale)
    os.rename(fresh, folder)
    shutil.rmtree(stale, ignore_errors=True)
