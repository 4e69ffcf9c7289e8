"""Embeds by onnxruntime and tokenizers, sorted by length."""

from lines import serve


def load(config):
    from onnxruntime_embedder import load as load_model

    return load_model(config["models"], config["threads"])


serve(load)
