"""What a user would write instead: Python's onnxruntime with its own quantizer (static, QDQ, one scale a channel).

    python onnxruntime_static_qdq.py '{"model": "fp32.onnx", "quantized": "python.onnx", "calibration": "calibration.f32",
                                       "inputs": "inputs.f32", "inputSize": 224, "batch": 8, "images": 128}'

`inputs`, `calibration`: float32 [images, 3, inputSize, inputSize]. The model is quantized before the clock starts, once: to
`quantized`. A round is as many runs of `batch` inputs as make `images`.
"""

import json
import logging
import os
import sys
import tempfile

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from line_worker import serve

# Standard output is for answers.
logging.disable(logging.WARNING)
config = json.loads(sys.argv[1])
size, batch = config["inputSize"], config["batch"]
threads = len(os.sched_getaffinity(0))


def read(path):
    return np.fromfile(path, "<f4").reshape(-1, 3, size, size)


class Batches(CalibrationDataReader):
    def __init__(self, images):
        self.batches = iter([{"input": images[at : at + batch]} for at in range(0, len(images), batch)])

    def get_next(self):
        return next(self.batches, None)


if not os.path.exists(config["quantized"]):
    with tempfile.TemporaryDirectory() as folder:
        prepared = os.path.join(folder, "prepared.onnx")
        quant_pre_process(config["model"], prepared)
        quantize_static(
            prepared,
            config["quantized"],
            Batches(read(config["calibration"])),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
options.log_severity_level = 3
session = onnxruntime.InferenceSession(config["quantized"], options, providers=["CPUExecutionProvider"])
images = read(config["inputs"])
batches = [images[at : at + batch] for at in range(0, len(images) - batch + 1, batch)]
runs = -(-config["images"] // batch)
first_output = session.get_outputs()[0].name


def run_round():
    for run in range(runs):
        session.run(None, {"input": batches[run % len(batches)]})
    return runs * batch


def save(path):
    np.concatenate([session.run([first_output], {"input": rows})[0] for rows in batches]).astype("<f4").tofile(path)


serve(
    about={
        "onnxruntime": onnxruntime.__version__,
        "threads": threads,
        "batch": batch,
        "bytes": os.path.getsize(config["quantized"]),
    },
    run_round=run_round,
    save=save,
)
