"""The original networks, with weights that nobody trained: random ones that keep every layer's numbers in a sane range."""

import torch
import torchvision
from torch import nn


def build(name, *, image_size, classes=1000):
    """
    torchvision's network of that name, else timm's. EfficientNet-lite is efficientnet-lite-pytorch's, which pads for one
    image size [height, width].
    """
    if name.startswith("efficientnet_lite"):
        from efficientnet_lite_pytorch import EfficientNet

        return EfficientNet.from_name(name.replace("_", "-"), image_size=tuple(image_size), num_classes=classes)
    if name in torchvision.models.list_models():
        return torchvision.models.get_model(name, weights=None, num_classes=classes)
    return build_in_timm(name, image_size=image_size, classes=classes)


TIMM_NAMES = {
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
}


def build_in_timm(name, *, image_size, classes=1000):
    """timm's counterpart, which has the same layers under other names. It needs no image size."""
    import timm

    # timm's efficientnet_lite0 without `tf_` pads otherwise.
    timm_name = f"tf_{name}" if name.startswith("efficientnet_lite") else TIMM_NAMES.get(name, name)
    return timm.create_model(timm_name, num_classes=classes)


def build_empty(name, *, build=build, **options):
    """The same without the library's own initialization, which takes seconds for a VGG: parameters hold anything."""
    with torch.device("meta"):
        model = build(name, **options)
    return model.to_empty(device="cpu").eval()


def like_trained(scale):
    """Shifts of a batch norm with those scales, roughly as training leaves them."""
    scale.uniform_(0.5, 1.5)
    return torch.randn_like(scale) / 2


def off_kinks(share_beyond):
    """
    Scales and shifts that leave channels well inside an activation's slope, but for a share of them that is mostly below or
    above it. A number that is nearer to a kink than rounding falls on one side here and on the other there; one such among a
    million changes a layer's gradient by a thousandth. By the batch's statistics one that is beyond shakes all after it.
    """

    def shift(scale):
        scale.uniform_(0.3, 0.6)
        place = torch.rand_like(scale)
        below, above = place < share_beyond / 2, place > 1 - share_beyond / 2
        return torch.where(below, -2 * scale, torch.where(above, 6 + 2 * scale, 4 * scale))

    return shift


def randomize(model, *, seed, images, shift=like_trained):
    """
    Random parameters and batch norm statistics that let an image through. Weights alone would not do: a deep network of
    random ones answers the same to every image, and hides every mistake. So each filter is scaled to a standard deviation
    of 1 over `images`, and its mean is taken out by its bias, or by the batch norm that follows, but for a random rest.
    `shift` draws the scales of a batch norm and answers its shifts.
    """
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 1.5)
            module.bias.data.copy_(shift(module.weight.data))
            module.num_batches_tracked.fill_(1)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data.normal_()
            if module.bias is not None:
                module.bias.data.zero_()

    def center(values):
        return values.mean([axis for axis in range(values.dim()) if axis != 1])

    def scale_filter(module, _inputs, output):
        by_unit = output.transpose(0, 1).flatten(1)
        # Of a pooled map or a vector there are too few numbers to tell units apart: those keep their means.
        is_map = by_unit.shape[1] >= 32
        deviations = by_unit.std(1) if is_map else output.std().expand(len(by_unit))
        scale = 1 / deviations.clamp_min(deviations.mean() / 4)
        # A gate that follows the image closely feeds on itself from block to block: some images would blow up.
        if output.dim() == 4 and not is_map:
            scale = scale / 4
        module.weight.data.mul_(scale.view(-1, *[1] * (module.weight.dim() - 1)))
        output = output * scale.view(1, -1, *[1] * (output.dim() - 2))
        if module.bias is None:
            return output
        module.bias.data.normal_(0, 0.5)
        if is_map:
            if shift is not like_trained:
                module.bias.data.copy_(shift(torch.empty_like(module.bias.data)) / 0.45)
            module.bias.data.sub_(center(output))
        return output + module.bias.view(1, -1, *[1] * (output.dim() - 2))

    def center_norm(module, inputs):
        module.running_mean.normal_(0, 0.5).add_(center(inputs[0]))

    hooks = []
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            hooks.append(module.register_forward_hook(scale_filter))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(center_norm))
    model(images)
    for hook in hooks:
        hook.remove()


# Pixels.
PATCH = 64


def random_images(*, seed, height, width, count):
    """
    Normalized images, float32 [count, 3, height, width]: a colour for each (the same at any size), soft patches over it, and
    noise. No two are alike, and what a filter meets doesn't depend on the size.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(count, 3, *shape, generator=generator)

    colours = 0.5 * normal(1, 1)
    patches = normal(height // PATCH + 2, width // PATCH + 2)
    patches = nn.functional.interpolate(patches, size=(height, width), mode="bilinear")
    return colours + patches + normal(height, width)
