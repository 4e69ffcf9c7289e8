"""In-scope accuracy against out-of-scope recall, as the bias of the out-of-scope logit moves."""

import torch


def rates(logits: torch.Tensor, labels: torch.Tensor, out_of_scope: int, bias: float) -> tuple[float, float]:
    """(in-scope accuracy, out-of-scope recall) in per cent, by argmax after adding `bias` to the out-of-scope logit."""
    shifted = logits.clone()
    shifted[:, out_of_scope] += bias
    guesses, inside = shifted.argmax(1), labels != out_of_scope
    accuracy = (guesses == labels)[inside].float().mean().item()
    recall = (guesses == out_of_scope)[~inside].float().mean().item()
    return 100 * accuracy, 100 * recall


def bias_for_recall(logits: torch.Tensor, labels: torch.Tensor, out_of_scope: int, recall: float) -> float:
    """The least bias with which at least `recall` per cent of the out-of-scope texts are found."""
    others = logits.clone()
    others[:, out_of_scope] = -float("inf")
    gaps = (others.max(1).values - logits[:, out_of_scope])[labels == out_of_scope].sort().values
    needed = min(len(gaps) - 1, int(recall / 100 * len(gaps) + 0.999) - 1)
    return gaps[needed].item() + 1e-3
