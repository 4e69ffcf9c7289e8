"""One optimiser for all: AdamW in bfloat16 autocast, linear warm-up and decay, clipped gradients, averaged weights."""

import copy
import os
import random
import time
from collections.abc import Callable

import torch
from torch import nn

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))


def seed_everything(seed: int) -> random.Random:
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    random.seed(seed)
    return random.Random(seed)


def autocast():
    """bfloat16 products: 3.5 times the tokens per second of fp32 on a Zen 4 core."""
    return torch.autocast("cpu", dtype=torch.bfloat16)


class Optimiser:
    """Steps a model; `average` holds an exponential moving average of its weights, which is what is evaluated and kept."""

    def __init__(self, model: nn.Module, peak_rate: float, steps: int, weight_decay: float = 0.05, averaging: float = 0.998):
        matrices = [p for p in model.parameters() if p.ndim > 1]
        vectors = [p for p in model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.adam = torch.optim.AdamW(groups, lr=peak_rate, betas=(0.9, 0.98), eps=1e-6, foreach=True)
        warm_up = max(1, steps // 15)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.adam, lambda step: min((step + 1) / warm_up, max(0.01, (steps - step) / (steps - warm_up)))
        )
        self.model = model
        self.average = copy.deepcopy(model).eval()
        self.averaging = averaging
        self.taken = 0

    def schedule_by(self, share: Callable[[], float]) -> None:
        """Warm-up and decay by the share of the run that is over, such as one by the clock."""

        def rate(_: int) -> float:
            return min(15 * max(0.001, share()), max(0.01, 15 / 14 * (1 - share())))

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.adam, rate)

    def step(self, loss: torch.Tensor) -> None:
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        self.schedule.step()
        self.taken += 1
        # The first steps count for less: the average forgets the initial weights quickly.
        decay = min(self.averaging, (1 + self.taken) / (10 + self.taken))
        with torch.no_grad():
            torch._foreach_mul_(list(self.average.parameters()), decay)
            torch._foreach_add_(list(self.average.parameters()), list(self.model.parameters()), alpha=1 - decay)


class Progress:
    """Prints the mean loss and the seconds since the start."""

    def __init__(self, every: int = 200):
        self.every, self.losses, self.start = every, [], time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def report(self, step: int, steps: int, loss: torch.Tensor) -> None:
        self.losses.append(loss.detach())
        if step % self.every == 0 or step == steps:
            mean = torch.stack(self.losses).mean().item()
            print(f"step {step}/{steps} loss {mean:.4f} {self.seconds():.0f} s", flush=True)
            self.losses = []
