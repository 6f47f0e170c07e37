"""
The classes that the original EfficientNet-lites see on photos, with the preprocessing of their authors: the centre square of
size / (size + 32) of the shorter side, bicubic, (x - 127) / 128.

    python classify_photos.py NETWORKS.json PHOTOS.json

NETWORKS: [{"model": "efficientnet_lite0", "inputSize": 224, "weights": "state-dict.pth"}]; PHOTOS: a list of paths.
A line of JSON for each network: the first class of each photo.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image

from reference_networks import build

torch.set_num_threads(1)
torch.set_grad_enabled(False)

CROP_PADDING = 32
BATCH = 16


def read(path, size):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    side = min(width, height) * size / (size + CROP_PADDING)
    left, top = (width - side) / 2, (height - side) / 2
    pixels = np.asarray(image.resize((size, size), Image.BICUBIC, box=(left, top, left + side, top + side)))
    return torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(2, 0, 1)


def classify(network, photos):
    size = network["inputSize"]
    model = build(network["model"], image_size=(size, size)).eval()
    model.load_state_dict(torch.load(network["weights"], weights_only=True))
    model = model.to(memory_format=torch.channels_last)
    classes = []
    for start in range(0, len(photos), BATCH):
        images = torch.stack([read(path, size) for path in photos[start : start + BATCH]])
        classes += model(images.to(memory_format=torch.channels_last)).argmax(1).tolist()
    return classes


networks, photos = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
for network in networks:
    print(json.dumps(classify(network, photos)), flush=True)
