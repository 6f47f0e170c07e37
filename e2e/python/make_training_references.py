"""
Makes what Graft's training is compared with: random networks, labelled batches, PyTorch's gradients, and where PyTorch's
optimizers take the networks.

    python make_training_references.py WANTED.json FOLDER

WANTED: [{"name": "resnet18-batch", "model": "resnet18", "classes": 5, "size": [64, 64], "batch": 4, "seed": 1,
          "batchStatistics": true, "optimizer": null, "steps": 1, "exact": true}]
  batchStatistics: whether batch norms normalize by the batch and move their running statistics, or keep to those.
  optimizer: null for gradients alone, or {"kind": "sgd" | "adamw", "learningRate", "weightDecay"}.
  exact: whether all is computed in float64 as well, which takes twice as long as float32.
FOLDER gets <name>.start.safetensors (the state dict) and <name>.batches.safetensors (`input` [steps, batch, 3, height, width],
`labels` [steps, batch, classes]), and either
  <name>.gradients.safetensors, <name>.gradients64.safetensors: a state dict in which each parameter is the gradient of the mean
    cross-entropy (computed in float32, and in float64), and each running statistic what it has moved to; or
  <name>.trained.safetensors, <name>.trained64.safetensors: the state dict after the steps.
When one is done, a line of JSON says so, with the losses.
"""

import copy
import json
import os
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import cross_entropy, one_hot, unfold

from reference_networks import build_empty, off_kinks, random_images, randomize

# More wait for each other at every one of a depthwise convolution's channels.
torch.set_num_threads(1)

# PyTorch's default; the networks' own vary.
STATISTICS_MOMENTUM = 0.1
SGD_MOMENTUM = 0.9
# Statistics of few images would be poor.
IMAGES_TO_SCALE_BY = 8


def set_mode(model, *, batch_statistics):
    """Dropout and stochastic depth are off in any case: nothing of chance is left."""
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = STATISTICS_MOMENTUM
            module.train(batch_statistics)
    return model


# Where the slope of an activation jumps.
KINKS = {nn.ReLU: (0,), nn.ReLU6: (0, 6), nn.Hardswish: (-3, 3), nn.Hardsigmoid: (-3, 3)}
# Batches looked through for one that keeps away from kinks: so many at least, and more until one keeps far enough.
DRAWS = 6
MOST_DRAWS = 40
FAR_ENOUGH = 1e-5


def distance_to_kinks(model, images):
    """
    How near any number comes to where its activation's slope jumps, or to another that it competes with for a maximum, as a
    share of the map's deviation. What is nearer than rounding falls on one side here and on the other there, and one such
    number among a million changes a layer's gradient by a thousandth.
    """
    distances = [1.0]

    def look(module, inputs):
        numbers = inputs[0]
        scale = float(numbers.std())
        distances.extend(float((numbers - kink).abs().min()) / scale for kink in KINKS[type(module)])

    def look_at_pool(module, inputs):
        numbers = inputs[0]
        count, channels, height, width = numbers.shape
        padding = nn.functional.pad(numbers, [module.padding] * 4, value=float("-inf"))
        windows = unfold(padding.reshape(count * channels, 1, *padding.shape[2:]), module.kernel_size, stride=module.stride)
        first, second = windows.topk(2, dim=1).values.unbind(dim=1)
        # Where none is above zero, as after a ReLU, whichever is taken has no slope.
        apart = (first - second)[first > 0]
        if apart.numel() > 0:
            distances.append(float(apart.min()) / float(numbers.std()))

    hooks = [module.register_forward_pre_hook(look) for module in model.modules() if type(module) in KINKS]
    hooks += [module.register_forward_pre_hook(look_at_pool) for module in model.modules() if type(module) is nn.MaxPool2d]
    with torch.no_grad():
        copy.deepcopy(model)(images)
    for hook in hooks:
        hook.remove()
    return min(distances)


def calm_images(model, *, seed, count, height, width):
    """Of some batches the one that keeps furthest from kinks, and how far."""
    best, distance = None, -1
    for draw in range(MOST_DRAWS):
        if draw >= DRAWS and distance >= FAR_ENOUGH:
            break
        images = random_images(seed=1000 * seed + draw, count=count, height=height, width=width)
        found = distance_to_kinks(model, images)
        if found > distance:
            best, distance = images, found
    return best, distance


def contents(state):
    return {name: tensor.float().contiguous() for name, tensor in state.items() if tensor.is_floating_point()}


def counters(state):
    return {name: tensor for name, tensor in state.items() if not tensor.is_floating_point()}


def gradients_of(model, images, classes):
    loss = cross_entropy(model(images), classes)
    loss.backward()
    state = model.state_dict()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {**contents(state), **contents(gradients), **counters(state)}, [loss.item()]


def train(model, batches, optimizer):
    """Decay for weights alone: not for biases, nor for what batch norms scale and shift by."""
    decayed = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": optimizer["weightDecay"]}, {"params": others, "weight_decay": 0}]
    rate = optimizer["learningRate"]
    if optimizer["kind"] == "sgd":
        stepping = torch.optim.SGD(groups, lr=rate, momentum=SGD_MOMENTUM)
    else:
        stepping = torch.optim.AdamW(groups, lr=rate)
    losses = []
    for images, classes in batches:
        loss = cross_entropy(model(images), classes)
        stepping.zero_grad()
        loss.backward()
        stepping.step()
        losses.append(loss.item())
    state = model.state_dict()
    return {**contents(state), **counters(state)}, losses


def make(folder, wanted):
    seed, batch, steps, classes = (wanted[key] for key in ("seed", "batch", "steps", "classes"))
    height, width = wanted["size"]
    optimizer = wanted["optimizer"]
    model = build_empty(wanted["model"], image_size=(height, width), classes=classes)
    with torch.no_grad():
        images = random_images(seed=seed, count=IMAGES_TO_SCALE_BY, height=height, width=width)
        randomize(model, seed=seed, images=images, shift=off_kinks(0 if wanted["batchStatistics"] else 0.1))
    set_mode(model, batch_statistics=wanted["batchStatistics"])
    if optimizer is None:
        images, distance = calm_images(model, seed=seed, count=batch, height=height, width=width)
    else:
        images, distance = random_images(seed=seed + 1, count=steps * batch, height=height, width=width), 0
    images = images.reshape(steps, batch, 3, height, width)
    labels = torch.randint(classes, (steps, batch), generator=torch.Generator().manual_seed(seed))

    def path(kind):
        return os.path.join(folder, f"{wanted['name']}.{kind}.safetensors")

    start = model.state_dict()
    save_file({**contents(start), **counters(start)}, path("start"))
    save_file({"input": images, "labels": one_hot(labels, classes).float()}, path("batches"))
    kind = "gradients" if optimizer is None else "trained"
    found = {"name": wanted["name"], "distanceToKinks": distance}
    for suffix, dtype in (("", torch.float32), ("64", torch.float64))[: 2 if wanted["exact"] else 1]:
        copied = copy.deepcopy(model).to(dtype)
        if optimizer is None:
            state, losses = gradients_of(copied, images[0].to(dtype), labels[0])
        else:
            state, losses = train(copied, list(zip(images.to(dtype), labels)), optimizer)
        save_file(state, path(f"{kind}{suffix}"))
        found[f"losses{suffix}"] = losses
    return found


with open(sys.argv[1], encoding="utf-8") as file:
    wanted = json.load(file)
for each in wanted:
    print(json.dumps(make(sys.argv[2], each)), flush=True)
