"""One training step of our network in PyTorch; run by `npm run bench -- engines --python PY`.

Argument: one JSON object, {"spec": {...}, "batch", "side", "threads", "layout": "contiguous" | "channels_last",
"device": "cpu" | "cuda", "arithmetic": "float32" | "tf32" | "float16" | "bfloat16"}. The last two are autocast's, float16
with a scaled loss. cuDNN searches for its fastest algorithms. For every line on standard input one step, answered by {"ms": milliseconds, "cpuMs": processor
milliseconds of all threads, "loss", "rssBytes": most memory of the process, "peakBytes": most memory on the GPU or null}.
Loss: ACE + marginal Dice of a tissue site, which is cross entropy and soft Dice of the three tissues. SGD with Nesterov
momentum.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

from pytorch_unet import UNet

request = json.loads(sys.argv[1])
spec, batch, side, device = request["spec"], request["batch"], request["side"], request["device"]
torch.set_num_threads(request["threads"])
torch.manual_seed(0)
arithmetic = request["arithmetic"]
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = arithmetic != "float32"
half = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(arithmetic)
memory = torch.channels_last_3d if request["layout"] == "channels_last" else torch.contiguous_format
net = UNet(spec).to(device).to(memory_format=memory)
x = torch.randn(batch, spec["inputs"], side, side, side).to(device).to(memory_format=memory)
labels = torch.randint(0, 4, (batch, side, side, side)).to(device)
optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
scaler = torch.amp.GradScaler(device, enabled=half == torch.float16)


def loss_of(logits):
    """Cross entropy over 4 tissue labels, and soft Dice of the three in the foreground."""
    probabilities = torch.softmax(logits, 1)
    dice = 0.0
    for c in (1, 2, 3):
        p, g = probabilities[:, c], (labels == c).float()
        dice = dice + (2 * (p * g).sum() + 1) / (p.sum() + g.sum() + 1)
    return F.cross_entropy(logits, labels) + 1 - dice / 3


def step():
    start, cpu = time.perf_counter(), time.process_time()
    optimiser.zero_grad()
    with torch.autocast(device, dtype=half, enabled=half is not None):
        logits = net(x)
    loss = loss_of(logits.float())
    scaler.scale(loss).backward()
    scaler.step(optimiser)
    scaler.update()
    value = loss.item()  # waits for the GPU
    return {
        "ms": (time.perf_counter() - start) * 1000,
        "cpuMs": (time.process_time() - cpu) * 1000,
        "loss": value,
        "rssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "peakBytes": torch.cuda.max_memory_allocated() if device == "cuda" else None,
    }


print(json.dumps({"version": torch.__version__}), flush=True)
for _ in sys.stdin:
    print(json.dumps(step()), flush=True)
