"""
What Python's onnxruntime makes of Graft's ONNX models: its own quantizer on those in float32, its runtime on those in eight
bits.

    python quantize_static.py REQUESTS.json

REQUESTS: a list of
  {"kind": "images", "seed", "count", "size", "path"}: random images, `images` [count, 3, size, size], as safetensors.
  {"kind": "quantize", "model", "calibration", "images": [path, …]}: quantize_static in the QDQ form with one scale a channel
    and the extremes of `calibration`; answers what the logits of each file of images are off, relative to float32's.
  {"kind": "run", "model", "images", "output"}: ONNX's own checker, then the logits, as safetensors (`logits`).
A line of JSON for each says what was found, or {"error": …}.
"""

import json
import logging
import os
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from safetensors.numpy import load_file, save_file

from reference_networks import random_images

# Standard output is for answers.
logging.disable(logging.WARNING)
BATCH = 8


def batches_of(path):
    images = load_file(path)["images"]
    return [images[at : at + BATCH] for at in range(0, len(images), BATCH)]


class Batches(CalibrationDataReader):
    def __init__(self, path):
        self.batches = iter([{"input": batch} for batch in batches_of(path)])

    def get_next(self):
        return next(self.batches, None)


def logits_of(model, path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["logits"], {"input": batch})[0] for batch in batches_of(path)])


def make_images(request):
    size = request["size"]
    images = random_images(seed=request["seed"], count=request["count"], height=size, width=size)
    save_file({"images": images.contiguous().numpy()}, request["path"])
    return {}


def quantize(request):
    model = request["model"]
    with tempfile.TemporaryDirectory() as folder:
        prepared, quantized = (os.path.join(folder, name) for name in ("prepared.onnx", "quantized.onnx"))
        quant_pre_process(model, prepared)
        quantize_static(
            prepared,
            quantized,
            Batches(request["calibration"]),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )

        def error_on(path):
            expected = logits_of(model, path)
            return float(np.linalg.norm(logits_of(quantized, path) - expected) / np.linalg.norm(expected))

        return {"errors": [error_on(path) for path in request["images"]]}


def run(request):
    onnx.checker.check_model(request["model"], full_check=True)
    save_file({"logits": logits_of(request["model"], request["images"])}, request["output"])
    return {}


KINDS = {"images": make_images, "quantize": quantize, "run": run}


def answer(request):
    try:
        return KINDS[request["kind"]](request)
    except Exception as error:  # What it was is the answer.
        return {"error": f"{type(error).__name__}: {error}"}


with open(sys.argv[1], encoding="utf-8") as file:
    requests = json.load(file)
for each in requests:
    print(json.dumps(answer(each)), flush=True)
