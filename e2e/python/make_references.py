"""
Makes what Graft is compared with: state dicts of random networks, inputs, and PyTorch's logits for them.

    python make_references.py WANTED.json FOLDER

WANTED: [{"model": "resnet18", "classes": 1000, "sizes": [[224, 224], [193, 257]], "seed": 1, "format": "zip"}]; the format of
the state dict is zip or legacy (torch.save's two) or safetensors.
FOLDER gets <model>.pth (or .safetensors), and for each size <model>-<height>x<width>.input.safetensors (`input`, two images)
and ….expected.safetensors (`logits` as PyTorch computes them in float32, `logits64` in float64). When one network is done, a
line of JSON says so, with how far its logits spread, how much they depend on the image, and how sure PyTorch is of them.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file

from reference_networks import build_empty, random_images, randomize

# More wait for each other at every one of a depthwise convolution's channels: ten times slower on a busy machine.
torch.set_num_threads(1)
torch.set_grad_enabled(False)

IMAGES = 2
# Statistics of two images would be poor.
IMAGES_TO_SCALE_BY = 4


def save_weights(weights, path_without_suffix, file_format):
    if file_format == "safetensors":
        path = f"{path_without_suffix}.safetensors"
        save_file(weights, path, metadata={"format": "pt"})
        return path
    path = f"{path_without_suffix}.pth"
    torch.save(weights, path, _use_new_zipfile_serialization=file_format == "zip")
    return path


def make(folder, wanted):
    name, classes, seed = wanted["model"], wanted["classes"], wanted["seed"]
    batches = [
        random_images(seed=seed, count=IMAGES_TO_SCALE_BY, height=height, width=width)
        for height, width in wanted["sizes"]
    ]

    def network(images):
        return build_empty(name, image_size=images.shape[2:], classes=classes)

    # The largest: on small maps the borders would set the scale, and a deep network run wild inside a larger one.
    largest = max(batches, key=torch.numel)
    model = network(largest)
    randomize(model, seed=seed, images=largest)
    weights = model.state_dict()
    path = save_weights(weights, os.path.join(folder, name), wanted["format"])

    def logits_of(images):
        # Built anew for each size, as EfficientNet-lite's padding depends on it.
        model = network(images)
        model.load_state_dict(weights, assign=True)
        return model(images), model.double()(images.double())

    outputs = []
    for images in batches:
        images = images[:IMAGES].contiguous()
        logits, exact = logits_of(images)
        height, width = images.shape[2:]
        stem = os.path.join(folder, f"{name}-{height}x{width}")
        save_file({"input": images}, f"{stem}.input.safetensors")
        save_file({"logits": logits, "logits64": exact}, f"{stem}.expected.safetensors")
        outputs.append(
            {
                "height": height,
                "width": width,
                "input": f"{stem}.input.safetensors",
                "expected": f"{stem}.expected.safetensors",
                # Standard deviation of the logits, and of the difference between two images' logits.
                "spread": float(exact.std()),
                "contrast": float((exact[0] - exact[1]).std()),
                # What PyTorch's float32 is off, as a share of the largest logit.
                "uncertainty": float((logits - exact).abs().max() / exact.abs().max()),
            }
        )
    return {"model": name, "weights": path, "outputs": outputs}


with open(sys.argv[1], encoding="utf-8") as file:
    wanted = json.load(file)
for each in wanted:
    print(json.dumps(make(sys.argv[2], each)), flush=True)
