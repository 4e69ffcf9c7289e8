"""Gives the weights that a frames package stands for, integers times scales, as a run for `train_frames.py --start` to go on from.

python3 frames_restore.py ../packages/frames/1.0.0 work/frames-1.0.0.pt    (needs the package `onnx`)
"""

import sys
from pathlib import Path

import numpy
import onnx
import torch
from onnx import numpy_helper

from t5 import T5, Attention, Block, Stack, T5Shape, buckets

Weights = dict[str, torch.Tensor]


def weights_of(graph: Path) -> Weights:
    """By their names in the graph, as torch has them: a matrix is `[outputs, inputs]`, the embedding `[tokens, d_model]`."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(graph)).graph.initializer}
    weights = {}
    for name, values in stored.items():
        if name.endswith("/s8"):
            name = name[: -len("/s8")]
            values = values.astype(numpy.float32) * stored[f"{name}/scales"]
            values = values if name == "words.weight" else values.T
        weights[name] = torch.from_numpy(numpy.array(values))
    return weights


def restore_stack(stack: Stack, weights: Weights, bias: str, norm: str, own: str) -> None:
    """`own`: what the graph calls the attention of a layer to its own tokens."""
    distances = torch.arange(weights[bias].shape[0])
    middle = len(distances) // 2 if not stack.decodes else 0
    # The graph has a bias for each distance, the model one for each bucket.
    longest = len(distances) - middle
    ahead = buckets(longest, longest, stack.shape, both_ways=not stack.decodes)
    found = stack.relative_attention_bias.weight
    for distance in range(longest):
        found[ahead[distance, 0]] = weights[bias][middle - distance if middle else distance]
        if middle:
            found[ahead[0, distance]] = weights[bias][middle + distance]
    stack.final_norm.weight.copy_(weights[norm])
    for number, block in enumerate(stack.blocks):
        restore_block(block, weights, f"layer.{number}", own)


def restore_block(block: Block, weights: Weights, prefix: str, own: str) -> None:
    queries, keys, values = weights[f"{prefix}/{own}/query_key_value.weight"].chunk(3)
    restore_attention(block.attention, queries, keys, values, weights, f"{prefix}/{own}")
    block.attention_norm.weight.copy_(weights[f"{prefix}/{own}/norm.weight"])
    block.feed_forward.wi.weight.copy_(weights[f"{prefix}/feed_forward/expand.weight"])
    block.feed_forward.wo.weight.copy_(weights[f"{prefix}/feed_forward/contract.weight"])
    block.feed_forward_norm.weight.copy_(weights[f"{prefix}/feed_forward/norm.weight"])


def restore_attention(attention: Attention, queries, keys, values, weights: Weights, prefix: str) -> None:
    for layer, weight in ((attention.q, queries), (attention.k, keys), (attention.v, values)):
        layer.weight.copy_(weight)
    # Channels that were equalised before this product are divided in its matrix.
    equaliser = weights.get(f"{prefix}/joined/equaliser", torch.ones(()))
    attention.o.weight.copy_(weights[f"{prefix}/output.weight"] * equaliser)


@torch.no_grad()
def restore(package: Path) -> T5:
    encoder, step = (weights_of(package / "int8" / part / "model.onnx") for part in ("encoder", "step"))
    model = T5(T5Shape(len(encoder["words.weight"])))
    model.embedding.weight.copy_(encoder["words.weight"])
    restore_stack(model.encoder, encoder, "attention_bias.weight", "states.weight", "attention")
    restore_stack(model.decoder, step, "distances.weight", "head/norm.weight", "self")
    # The graph has the scale of what the head reads in this norm.
    model.decoder.final_norm.weight.mul_(model.shape.d_model**0.5)
    for number, block in enumerate(model.decoder.blocks):
        keys, values = encoder[f"cross.{number}/projected.weight"].chunk(2)
        prefix = f"layer.{number}/cross"
        restore_attention(block.cross, step[f"{prefix}/projected.weight"], keys, values, step, prefix)
        block.cross_norm.weight.copy_(step[f"{prefix}/norm.weight"])
    return model


if __name__ == "__main__":
    model = restore(Path(sys.argv[1]))
    torch.save({f"model.{name}": weight for name, weight in model.state_dict().items()}, sys.argv[2])
