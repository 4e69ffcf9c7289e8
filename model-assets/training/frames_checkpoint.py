"""Writes the frames model as a Hugging Face folder of `T5ForConditionalGeneration`."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy

from checkpoint import CARDS, write_safetensors
from encoding import PAD
from t5 import T5, Attention, Block, Stack

LONGEST = 256
END = 1


def attention_tensors(prefix: str, attention: Attention) -> dict:
    return {f"{prefix}.{role}.weight": getattr(attention, role).weight for role in "qkvo"}


def block_tensors(prefix: str, block: Block, decodes: bool) -> dict:
    tensors = attention_tensors(f"{prefix}.0.SelfAttention", block.attention)
    tensors[f"{prefix}.0.layer_norm.weight"] = block.attention_norm.weight
    if decodes:
        tensors |= attention_tensors(f"{prefix}.1.EncDecAttention", block.cross)
        tensors[f"{prefix}.1.layer_norm.weight"] = block.cross_norm.weight
    last = f"{prefix}.{2 if decodes else 1}"
    tensors[f"{last}.DenseReluDense.wi.weight"] = block.feed_forward.wi.weight
    tensors[f"{last}.DenseReluDense.wo.weight"] = block.feed_forward.wo.weight
    tensors[f"{last}.layer_norm.weight"] = block.feed_forward_norm.weight
    return tensors


def stack_tensors(name: str, stack: Stack) -> dict:
    tensors = {f"{name}.final_layer_norm.weight": stack.final_norm.weight}
    for number, block in enumerate(stack.blocks):
        tensors |= block_tensors(f"{name}.block.{number}.layer", block, stack.decodes)
    bias = f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    return {**tensors, bias: stack.relative_attention_bias.weight}


def hugging_face_tensors(model: T5) -> dict[str, numpy.ndarray]:
    tensors = {"shared.weight": model.embedding.weight}
    tensors |= stack_tensors("encoder", model.encoder) | stack_tensors("decoder", model.decoder)
    return {name: weight.detach().float().contiguous().numpy() for name, weight in tensors.items()}


def config(model: T5) -> dict:
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        **dataclasses.asdict(model.shape),
        "dropout_rate": 0.1,
        "feed_forward_proj": "relu",
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "n_positions": LONGEST,
        "pad_token_id": PAD,
        "eos_token_id": END,
        "decoder_start_token_id": PAD,
        "torch_dtype": "float32",
    }


def generation_config() -> dict:
    return {"decoder_start_token_id": PAD, "eos_token_id": END, "pad_token_id": PAD, "max_new_tokens": 128}


def tokenizer_config() -> dict:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": LONGEST,
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
    }


def write_frames(model: T5, tokenizer: Path, folder: Path) -> None:
    """Replaces `folder` in one step, so that whoever reads it sees the old checkpoint or the new one."""
    fresh, stale = folder.with_name(f"{folder.name}.fresh"), folder.with_name(f"{folder.name}.stale")
    for leftover in (fresh, stale):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    write_safetensors(hugging_face_tensors(model), fresh / "model.safetensors")
    files = {"config": config(model), "generation_config": generation_config(), "tokenizer_config": tokenizer_config()}
    for name, content in files.items():
        (fresh / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", "utf8")
    shutil.copyfile(tokenizer, fresh / "tokenizer.json")
    shutil.copyfile(CARDS / "frames.md", fresh / "README.md")
    if folder.exists():
        os.rename(folder, stale)
    os.rename(fresh, folder)
    shutil.rmtree(stale, ignore_errors=True)
