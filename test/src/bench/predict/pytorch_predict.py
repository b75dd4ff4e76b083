"""The same sliding window in PyTorch; run by `npm run bench -- predict --python PY`.

Arguments: the prepared image (float32, [S, A, R, inputs], described by a .json beside it), threads, layout ("contiguous"
or "channels_last"), device. Prints {"networkSeconds", "rssBytes", "peakBytes"}.
"""
import json
import pathlib
import resource
import sys
import time

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "engines"))
from pytorch_unet import UNet  # noqa: E402

BATCH = 4

path, threads, layout, device = sys.argv[1:5]
about = json.loads(pathlib.Path(path + ".json").read_text())
spec, size, side = about["spec"], about["size"], about["side"]
torch.set_num_threads(int(threads))
memory = torch.channels_last_3d if layout == "channels_last" else torch.contiguous_format
net = UNet(spec).eval().to(device).to(memory_format=memory)
image = torch.from_numpy(np.fromfile(path, np.float32).reshape(*size, spec["inputs"])).permute(3, 0, 1, 2).contiguous()
profile = torch.exp(-0.5 * ((torch.arange(side) - (side - 1) / 2) / (side / 8)) ** 2)
gaussian = profile[:, None, None] * profile[:, None] * profile

start = time.perf_counter()
sums = torch.zeros(spec["classes"], *size)
weights = torch.zeros(*size)
with torch.inference_mode():
    for at in range(0, len(about["origins"]), BATCH):
        origins = about["origins"][at : at + BATCH]
        boxes = [tuple(slice(o, o + side) for o in origin) for origin in origins]
        windows = torch.stack([image[(slice(None), *box)] for box in boxes]).to(device).to(memory_format=memory)
        probabilities = torch.softmax(net(windows), 1).cpu()
        for box, part in zip(boxes, probabilities):
            sums[(slice(None), *box)] += part * gaussian
            weights[box] += gaussian
sums /= weights.clamp_min(1e-30)
seconds = time.perf_counter() - start
print(
    json.dumps(
        {
            "networkSeconds": seconds,
            "rssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "peakBytes": torch.cuda.max_memory_allocated() if device == "cuda" else None,
        }
    )
)
