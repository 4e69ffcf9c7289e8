"""Quick classifiers over the same token ids, which teach the transformers: a CNN and hashed n-grams, and their ensemble."""

import torch
from torch import nn
from torch.nn import functional

from dropout import PooledDropout
from encoding import PAD


class Cnn(nn.Module):
    """Convolutions of several widths over token embeddings, the maximum over time, a linear classifier."""

    def __init__(self, embeddings: torch.Tensor, labels: int, channels: int = 160, widths=(1, 2, 3, 4)):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(embeddings.clone(), freeze=False)
        self.convolutions = nn.ModuleList(nn.Linear(width * embeddings.shape[1], channels) for width in widths)
        self.widths = widths
        self.classifier = nn.Linear(channels * len(widths), labels)
        self.dropout = PooledDropout(0.3)

    def forward(self, ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(ids, (0, max(self.widths) - 1), value=PAD)
        embedded = self.dropout(self.embedding(padded)) * (padded != PAD)[:, :, None]
        tokens = ids.shape[1]
        found = []
        for width, convolution in zip(self.widths, self.convolutions):
            windows = torch.cat([embedded[:, shift : shift + tokens] for shift in range(width)], dim=2)
            found.append((torch.relu(convolution(windows)) * attention_mask[:, :, None]).amax(1))
        return self.classifier(self.dropout(torch.cat(found, dim=1)))


class HashedNgrams(nn.Module):
    """The mean of the embeddings of a text's token 1-, 2- and 3-grams, hashed into one table; a linear classifier."""

    def __init__(self, labels: int, buckets: int = 1 << 17, width: int = 24):
        super().__init__()
        self.table = nn.EmbeddingBag(buckets, width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.05)
        self.classifier = nn.Linear(width, labels)
        self.dropout = PooledDropout(0.3)
        self.buckets = buckets

    def forward(self, ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hashes = [ids * 2_654_435_761 + 1]
        for shift in (1, 2):
            following = functional.pad(ids, (0, shift), value=PAD)[:, shift:]
            hashes.append(hashes[-1] * 31 + following * 40_503 + shift)
        kept = [attention_mask]
        for shift in (1, 2):
            kept.append(functional.pad(attention_mask, (0, shift))[:, shift:])
        weights = torch.cat(kept, dim=1).float()
        slots = (torch.cat(hashes, dim=1) % 1_000_003) % self.buckets
        summed = self.table(slots, per_sample_weights=weights)
        return self.classifier(self.dropout(summed / weights.sum(1, keepdim=True).clamp(min=1).sqrt()))


class Ensemble(nn.Module):
    """The mean of the members' probabilities, as log-probabilities."""

    def __init__(self, members: list[nn.Module]):
        super().__init__()
        self.members = nn.ModuleList(members)

    @torch.no_grad()
    def forward(self, ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        probabilities = [member(ids, attention_mask).float().softmax(1) for member in self.members]
        return torch.stack(probabilities).mean(0).clamp(min=1e-6).log()
