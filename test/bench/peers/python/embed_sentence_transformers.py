"""Embeds by sentence-transformers as its documentation shows it."""

from lines import serve


def load(config):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(config["threads"])
    model = SentenceTransformer(config["models"], device="cpu", local_files_only=True)
    return lambda texts: model.encode(texts, batch_size=32, show_progress_bar=False)


serve(load)
