"""How the peers make a tensor of an image file: PIL, the usual centre crop, EfficientNet-lite's normalization."""

import numpy as np
import torch
from PIL import Image

SIZE = 224


def crop(image):
    """The centre square of 224/256 of the shorter side, bicubic."""
    image = image.convert("RGB")
    width, height = image.size
    side = min(width, height) * SIZE / (SIZE + 32)
    left, top = (width - side) / 2, (height - side) / 2
    return np.asarray(image.resize((SIZE, SIZE), Image.BICUBIC, box=(left, top, left + side, top + side)))


def read_photo(path):
    """float32 [3, SIZE, SIZE]."""
    pixels = crop(Image.open(path)).astype(np.float32)
    return torch.from_numpy(((pixels - 127) / 128).transpose(2, 0, 1).copy())
