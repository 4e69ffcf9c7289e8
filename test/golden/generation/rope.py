"""Frequencies of rotary embeddings as transformers computes them: the reference of test/golden/generation/rope.test.ts.

    pip install torch transformers==5.24.0
    python test/golden/generation/rope.py > test/golden/generation/rope.jsonl
"""
import json

from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS, RotaryEmbeddingConfigMixin

SHORT = [1.0, 1.1, 1.25, 1.5, 2.0, 2.75, 3.5, 5.0]
LONG = [1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 32.0, 40.0]
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
YARN = {"rope_type": "yarn", "factor": 4.0}

# What config.json of a model with heads of 16 channels says beside its shape.
CASES = {
    "linear": {"rope_scaling": {"type": "linear", "factor": 4.0}},
    "linear, with its own base": {"rope_scaling": {"rope_type": "linear", "factor": 2.5}, "rope_theta": 500000.0},
    "linear, in the style of release 5": {
        "rope_parameters": {"rope_type": "linear", "factor": 3, "rope_theta": 1000000.0}
    },
    "dynamic": {"rope_scaling": {"type": "dynamic", "factor": 2.0}},
    "llama3": {
        "rope_scaling": {**LLAMA3, "original_max_position_embeddings": 64},
        "rope_theta": 500000.0,
        "max_position_embeddings": 1024,
    },
    "llama3, without its original length": {"rope_scaling": LLAMA3, "max_position_embeddings": 512},
    "llama3, of half of the channels": {
        "rope_parameters": {**LLAMA3, "original_max_position_embeddings": 100, "partial_rotary_factor": 0.5}
    },
    "yarn": {
        "rope_scaling": {**YARN, "original_max_position_embeddings": 256},
        "rope_theta": 1000000.0,
        "max_position_embeddings": 1024,
    },
    "yarn, without its original length": {"rope_scaling": YARN, "max_position_embeddings": 2048},
    "yarn, without rounding": {
        "rope_scaling": {**YARN, "truncate": False, "original_max_position_embeddings": 4096},
        "max_position_embeddings": 16384,
    },
    "yarn, with other bounds": {
        "rope_scaling": {**YARN, "beta_fast": 16.0, "beta_slow": 2.0, "original_max_position_embeddings": 4096},
        "max_position_embeddings": 16384,
    },
    "yarn, with a factor of attention": {"rope_scaling": {**YARN, "attention_factor": 1.5}},
    "yarn, with mscale": {"rope_scaling": {**YARN, "mscale": 0.7, "mscale_all_dim": 1.2}},
    "longrope": {
        "rope_scaling": {"type": "longrope", "short_factor": SHORT, "long_factor": LONG},
        "max_position_embeddings": 1024,
        "original_max_position_embeddings": 128,
    },
    "longrope, with a factor": {
        "rope_scaling": {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "factor": 16.0},
        "max_position_embeddings": 1024,
        "original_max_position_embeddings": 128,
    },
    "longrope, of half of the channels": {
        "rope_scaling": {"type": "longrope", "short_factor": SHORT[:4], "long_factor": LONG[:4]},
        "partial_rotary_factor": 0.5,
        "max_position_embeddings": 256,
        "original_max_position_embeddings": 256,
    },
}


class Config(RotaryEmbeddingConfigMixin):
    is_heterogeneous = False

    def __init__(self, **settings):
        self.hidden_size, self.num_attention_heads, self.head_dim = 64, 4, 16
        self.rope_parameters = settings.pop("rope_parameters", None)
        for name in ("max_position_embeddings", "original_max_position_embeddings"):
            if name in settings:
                setattr(self, name, settings.pop(name))
        self.convert_rope_params_to_dict(**settings)


def compute(settings):
    config = Config(**{"max_position_embeddings": 128, **json.loads(json.dumps(settings))})
    frequencies, attention = ROPE_INIT_FUNCTIONS[config.rope_parameters["rope_type"]](config)
    return {"frequencies": frequencies.tolist(), "attention": attention}


lines = [json.dumps({"name": name, "config": config, **compute(config)}) for name, config in CASES.items()]
print("\n".join(lines))
