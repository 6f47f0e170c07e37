"""Training steps of a network in Keras on TensorFlow, on a batch of random images.

    python keras_train.py '{"network": "resnet18", "size": 128, "batch": 32, "classes": 10, "steps": 1}' MODE

MODE: plain (compile's defaults) | graph (never XLA) | graph-bf16 (mixed_bfloat16, never XLA).
A round is so many steps of SGD with momentum: forward, backward, optimizer, and the loss read.
"""

import json
import os
import sys

config, mode = json.loads(sys.argv[1]), sys.argv[2]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Off by default on CPUs without VNNI, where it doubles the speed.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from keras_networks import build  # noqa: E402
from line_worker import serve  # noqa: E402

size, batch, classes = config["size"], config["batch"], config["classes"]
keras.utils.set_random_seed(0)
if mode.endswith("bf16"):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
model = build(config["network"], size=size, classes=classes)
model.compile(
    optimizer=keras.optimizers.SGD(0.01, momentum=0.9),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    **({} if mode == "plain" else {"jit_compile": False}),
)
images = tf.random.normal((batch, size, size, 3))
labels = tf.range(batch) % classes
losses = []


def run_round():
    for _ in range(config["steps"]):
        losses.append(float(model.train_on_batch(images, labels)))
    return config["steps"] * batch


def save(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(losses, file)


serve(
    about={"keras": keras.__version__, "tensorflow": tf.__version__, "mode": mode, **config},
    run_round=run_round,
    save=save,
)
