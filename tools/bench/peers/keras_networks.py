"""
The networks of the bench in Keras' own layers. Its applications have no ResNet-18 and no EfficientNet-lite, and a ResNet-50
with biases before batch norms; these are layer for layer what the other contestants train.
"""

from keras import Input, Model, layers


def conv(x, filters, kernel, stride):
    return layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)


def norm(x):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def shortcut(x, filters, stride):
    return x if stride == 1 and x.shape[-1] == filters else norm(conv(x, filters, 1, stride))


def basic_block(x, filters, stride):
    y = layers.ReLU()(norm(conv(x, filters, 3, stride)))
    y = norm(conv(y, filters, 3, 1))
    return layers.ReLU()(layers.Add()([shortcut(x, filters, stride), y]))


def bottleneck(x, filters, stride):
    y = layers.ReLU()(norm(conv(x, filters, 1, 1)))
    y = layers.ReLU()(norm(conv(y, filters, 3, stride)))
    y = norm(conv(y, 4 * filters, 1, 1))
    return layers.ReLU()(layers.Add()([shortcut(x, 4 * filters, stride), y]))


def resnet(x, block, repeats):
    x = layers.ReLU()(norm(conv(x, 64, 7, 2)))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stage, count in enumerate(repeats):
        for index in range(count):
            x = block(x, 64 * 2**stage, 2 if stage > 0 and index == 0 else 1)
    return x


# Expansion, kernel, stride, filters, repeats (EfficientNet-B0's table; the first and last stages aren't scaled in lite).
LITE0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def relu6(x):
    return layers.ReLU(max_value=6)(x)


def inverted_residual(x, expansion, kernel, stride, filters):
    channels = x.shape[-1]
    y = x if expansion == 1 else relu6(norm(conv(x, expansion * channels, 1, 1)))
    y = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False)(y)
    y = norm(conv(relu6(norm(y)), filters, 1, 1))
    return layers.Add()([x, y]) if stride == 1 and channels == filters else y


def efficientnet_lite0(x):
    x = relu6(norm(conv(x, 32, 3, 2)))
    for expansion, kernel, stride, filters, repeats in LITE0:
        for index in range(repeats):
            x = inverted_residual(x, expansion, kernel, stride if index == 0 else 1, filters)
    return relu6(norm(conv(x, 1280, 1, 1)))


BODIES = {
    "resnet18": lambda x: resnet(x, basic_block, (2, 2, 2, 2)),
    "resnet50": lambda x: resnet(x, bottleneck, (3, 4, 6, 3)),
    "efficientnet_lite0": efficientnet_lite0,
}


def build(name, *, size, classes):
    images = Input((size, size, 3))
    x = layers.GlobalAveragePooling2D()(BODIES[name](images))
    # In float32 whatever the policy, as Keras' guide to mixed precision asks.
    return Model(images, layers.Dense(classes, dtype="float32")(x))
