"""The word embedding that a model begins with: what pieces mean, from the words beside them, in two forms of case and of space.

Pieces are counted regardless of case and of the space before them (positive pointwise mutual information of pieces at
most four apart, then a truncated singular value decomposition: Levy and Goldberg, "Neural word embedding as implicit
matrix factorization", 2014). Forms of a piece differ by vectors that all pieces share, so that a model copies
" Miles" as "Miles" by one step that is the same for every piece. Noise tells apart what the counts do not.
"""

import numpy
import torch

SPACE = "▁"
WINDOW = 4
NOISE, FORM = 0.6, 0.6


def associations(sequences: list[numpy.ndarray], classes: numpy.ndarray) -> torch.Tensor:
    """`[classes, classes]`: positive pointwise mutual information."""
    count = classes.max() + 1
    together = numpy.zeros(count * count)
    for distance in range(1, WINDOW + 1):
        left = numpy.concatenate([classes[ids[:-distance]] for ids in sequences if len(ids) > distance])
        right = numpy.concatenate([classes[ids[distance:]] for ids in sequences if len(ids) > distance])
        together += numpy.bincount(left * count + right, minlength=count * count) / distance
    together = together.reshape(count, count)
    together += together.T
    alone = together.sum(1)
    # Contexts count by their frequency ** 0.75, so that rare ones do not win.
    context = alone**0.75 / (alone**0.75).sum()
    with numpy.errstate(divide="ignore", invalid="ignore"):
        information = numpy.log(together / (alone[:, None] * context[None, :]))
    return torch.from_numpy(numpy.nan_to_num(information, nan=0.0, posinf=0.0, neginf=0.0).clip(min=0)).float()


def piece_vectors(vocabulary: dict[str, int], sequences: list[numpy.ndarray], width: int) -> torch.Tensor:
    """`[vocabulary, width]`, of unit variance."""
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    stems = [token.replace(SPACE, "").lower() for token in tokens]
    numbers = {stem: number for number, stem in enumerate(dict.fromkeys(stems))}
    classes = numpy.array([numbers[stem] for stem in stems])
    left, values, _ = torch.svd_lowrank(associations(sequences, classes), q=width, niter=4)
    meaning = left * values.sqrt()
    meaning = meaning / meaning.norm(dim=1, keepdim=True).clamp(min=1e-6) * width**0.5
    # A decomposition puts most of the variance in its first columns; a rotation spreads it over all.
    rotation, _ = torch.linalg.qr(torch.randn(width, width))
    vectors = (meaning @ rotation)[torch.from_numpy(classes)] + NOISE * torch.randn(len(numbers), width)[classes]
    vectors += NOISE / 2 * torch.randn(len(tokens), width)
    space, title, capitals = FORM * torch.randn(3, width)
    for row, token in enumerate(tokens):
        bare = token.replace(SPACE, "")
        vectors[row] += space if token.startswith(SPACE) else -space
        if bare[:1].isupper():
            vectors[row] += capitals if bare.isupper() and len(bare) > 1 else title
    return vectors / vectors.std()
