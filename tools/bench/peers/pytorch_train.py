"""Training steps of a network in PyTorch, on a batch of random images.

    python pytorch_train.py '{"network": "resnet18", "size": 128, "batch": 32, "classes": 10, "steps": 1}' MODE

MODE: eager (as the tutorials write it) | channels-last | channels-last-bf16 (the best that PyTorch offers on a CPU).
A round is so many steps of SGD with momentum: forward, backward, optimizer, and the loss read.
"""

import contextlib
import json
import os
import sys

import torch
import torchvision
from torch.nn.functional import cross_entropy

from line_worker import serve

config, mode = json.loads(sys.argv[1]), sys.argv[2]
size, batch, classes = config["size"], config["batch"], config["classes"]
threads = len(os.sched_getaffinity(0))
torch.set_num_threads(threads)
torch.manual_seed(0)


def build(name):
    if not name.startswith("efficientnet_lite"):
        return torchvision.models.get_model(name, weights=None, num_classes=classes)
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name(name.replace("_", "-"), image_size=size, num_classes=classes)
    # Stochastic depth and dropout off: none of the contestants has them.
    model._global_params = model._global_params._replace(drop_connect_rate=0)
    model._dropout.p = 0
    return model


channels_last = mode.startswith("channels-last")
memory_format = torch.channels_last if channels_last else torch.contiguous_format
precision = torch.autocast("cpu", dtype=torch.bfloat16) if mode.endswith("bf16") else contextlib.nullcontext()
model = build(config["network"]).train().to(memory_format=memory_format)
images = torch.randn(batch, 3, size, size).to(memory_format=memory_format)
labels = torch.arange(batch) % classes
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **({"fused": True} if channels_last else {}))
losses = []


def run_round():
    for _ in range(config["steps"]):
        with precision:
            loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return config["steps"] * batch


def save(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(losses, file)


serve(
    about={"torch": torch.__version__, "threads": torch.get_num_threads(), "mode": mode, **config},
    run_round=run_round,
    save=save,
)
