"""One training step of the `small` network in PyTorch, for comparison; run by `npm run bench -- engines --python PY`.

Reads one JSON object per line on standard input, {"layout": "contiguous" | "channels_last", "threads": n}, runs one
step and answers {"ms": milliseconds, "cpuMs": processor milliseconds of all threads}. The network is
that of ace-core: per level two blocks of 3x3x3 convolution without bias, group norm and ReLU; 2x2x2 maximum down,
2x2x2 transposed convolution up; added skips; 1x1x1 classifier. Loss: ACE + marginal Dice of a tissue site. SGD with
Nesterov momentum.
"""
import json
import sys
import time

import torch
from torch import nn
import torch.nn.functional as F

FILTERS, LEVELS, GROUPS, INPUTS, CLASSES = 8, 3, 8, 2, 5
BATCH, SIDE = 7, 32


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(GROUPS, outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        channels = [FILTERS << level for level in range(LEVELS)]
        self.down = nn.ModuleList(
            nn.Sequential(Block(channels[level - 1] if level else INPUTS, channels[level]), Block(channels[level], channels[level]))
            for level in range(LEVELS)
        )
        self.raise_ = nn.ModuleList(nn.ConvTranspose3d(channels[level + 1], channels[level], 2, 2) for level in range(LEVELS - 1))
        self.up = nn.ModuleList(
            nn.Sequential(Block(channels[level], channels[level]), Block(channels[level], channels[level]))
            for level in range(LEVELS - 1)
        )
        self.head = nn.Conv3d(channels[0], CLASSES, 1)

    def forward(self, x):
        skips = []
        for level, blocks in enumerate(self.down):
            x = blocks(F.max_pool3d(x, 2) if level else x)
            skips.append(x)
        for level in reversed(range(LEVELS - 1)):
            x = self.up[level](self.raise_[level](x) + skips[level])
        return self.head(x)


def loss_of(logits, labels):
    """Cross entropy over 4 tissue labels, and soft Dice of the three in the foreground."""
    probabilities = torch.softmax(logits, 1)
    dice = 0.0
    for c in (1, 2, 3):
        p, g = probabilities[:, c], (labels == c).float()
        dice = dice + (2 * (p * g).sum() + 1) / (p.sum() + g.sum() + 1)
    return F.cross_entropy(logits, labels) + 1 - dice / 3


class Training:
    def __init__(self, layout):
        torch.manual_seed(0)
        memory = torch.channels_last_3d if layout == "channels_last" else torch.contiguous_format
        self.net = UNet().to(memory_format=memory)
        self.x = torch.randn(BATCH, INPUTS, SIDE, SIDE, SIDE).to(memory_format=memory)
        self.labels = torch.randint(0, 4, (BATCH, SIDE, SIDE, SIDE))
        self.optimiser = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def step(self):
        start, cpu = time.perf_counter(), time.process_time()
        self.optimiser.zero_grad()
        loss = loss_of(self.net(self.x), self.labels)
        loss.backward()
        self.optimiser.step()
        loss.item()
        return {"ms": (time.perf_counter() - start) * 1000, "cpuMs": (time.process_time() - cpu) * 1000}


trainings = {}
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    layout = request["layout"]
    if layout not in trainings:
        trainings[layout] = Training(layout)
    print(json.dumps(trainings[layout].step()), flush=True)
