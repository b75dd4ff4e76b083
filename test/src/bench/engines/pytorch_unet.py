"""The network of ace-core in PyTorch, for comparison: per level blocks of 3x3x3 convolution without bias, group norm and
ReLU; 2x2x2 maximum down, 2x2x2 transposed convolution up; added skips; 1x1x1 classifier."""
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(groups, outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class UNet(nn.Module):
    """spec: {"inputs", "classes", "filters", "levels", "blocks", "groups"}"""

    def __init__(self, spec):
        super().__init__()
        self.levels = spec["levels"]
        channels = [spec["filters"] << level for level in range(self.levels)]

        def level(inputs, outputs):
            blocks = [Block(inputs if i == 0 else outputs, outputs, spec["groups"]) for i in range(spec["blocks"])]
            return nn.Sequential(*blocks)

        self.down = nn.ModuleList(level(channels[i - 1] if i else spec["inputs"], channels[i]) for i in range(self.levels))
        self.raise_ = nn.ModuleList(nn.ConvTranspose3d(channels[i + 1], channels[i], 2, 2) for i in range(self.levels - 1))
        self.up = nn.ModuleList(level(channels[i], channels[i]) for i in range(self.levels - 1))
        self.head = nn.Conv3d(channels[0], spec["classes"], 1)

    def forward(self, x):
        skips = []
        for i, blocks in enumerate(self.down):
            x = blocks(F.max_pool3d(x, 2) if i else x)
            skips.append(x)
        for i in reversed(range(self.levels - 1)):
            x = self.up[i](self.raise_[i](x) + skips[i])
        return self.head(x)
