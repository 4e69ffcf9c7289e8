"""Logits of small GPT-2 and OPT models of unusual configs: the reference of test/golden/generation/variants.test.ts.

    pip install torch transformers==4.30.2
    python test/golden/generation/variants.py > test/golden/generation/variants.jsonl

Weights are a formula of their name and place, so that the test makes the same ones: see `fill`.
"""
import json
import math

import torch
from transformers import GPT2Config, GPT2LMHeadModel, OPTConfig, OPTForCausalLM

IDS = [5, 1, 22, 17, 9, 9, 30, 3]
GPT2 = {"vocab_size": 32, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}
OPT = {
    "vocab_size": 32,
    "max_position_embeddings": 16,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "ffn_dim": 20,
    "word_embed_proj_dim": 12,
}
CASES = {
    "GPT-2 with a narrow feed-forward layer and ReLU": ("gpt2", {**GPT2, "n_inner": 7, "activation_function": "relu"}),
    "GPT-2 that divides scores by the number of the layer": ("gpt2", {**GPT2, "scale_attn_by_inverse_layer_idx": True}),
    "GPT-2 that does not scale scores": ("gpt2", {**GPT2, "scale_attn_weights": False, "layer_norm_epsilon": 1e-3}),
    "OPT that normalises after each part": ("opt", {**OPT, "do_layer_norm_before": False, "word_embed_proj_dim": 8}),
    "OPT without biases": ("opt", {**OPT, "enable_bias": False}),
    "OPT whose norms have no weights": ("opt", {**OPT, "layer_norm_elementwise_affine": False}),
    "OPT without its last norm": ("opt", {**OPT, "_remove_final_layer_norm": True, "activation_function": "gelu"}),
    "OPT that normalises first and is wider than its embeddings": ("opt", {**OPT, "word_embed_proj_dim": 4}),
}
CLASSES = {"gpt2": (GPT2Config, GPT2LMHeadModel), "opt": (OPTConfig, OPTForCausalLM)}


def fill(name, shape):
    """0.4 sin(i + the sum of the bytes of the name), plus 1 in norms; float32 of the float64 value."""
    seed = sum(name.encode())
    count = math.prod(shape)
    base = 1.0 if "norm" in name.replace("ln_", "norm") and name.endswith("weight") else 0.0
    values = [base + 0.4 * math.sin(i + seed) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).float().reshape(shape)


def compute(family, settings):
    config_class, model_class = CLASSES[family]
    config = config_class(**settings)
    model = model_class(config).eval()
    names = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(fill(name, parameter.shape))
            names[name] = list(parameter.shape)
        logits = model(torch.tensor([IDS])).logits[0]
    rows = [[round(value, 7) for value in row] for row in logits.tolist()]
    return {"config": {"model_type": family, **settings}, "tensors": names, "logits": rows}


lines = [json.dumps({"name": name, "ids": IDS, **compute(*case)}) for name, case in CASES.items()]
print("\n".join(lines))
