"""The peer of the bench `serve`: an image classifier behind FastAPI, as people write it. One worker; its port is named.

    python3 fastapi_serve.py '{"model": "fp32.onnx", "port": 1234, "inputSize": 224, "cropShare": 0.875, "mean": [...], "std": [...]}'

Says when it is ready in one line of JSON, and ends with its standard input.
"""

import io
import json
import os
import sys
import threading
from contextlib import asynccontextmanager

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image
from starlette.concurrency import run_in_threadpool

asked = json.loads(sys.argv[1])
SIZE, SHARE = asked["inputSize"], asked["cropShare"]
MEAN = np.array(asked["mean"], np.float32)
STD = np.array(asked["std"], np.float32)
session = onnxruntime.InferenceSession(asked["model"], providers=["CPUExecutionProvider"])
input_name = session.get_inputs()[0].name


def read(body):
    """float32 [1, 3, SIZE, SIZE]: the centre square, bicubic."""
    image = Image.open(io.BytesIO(body)).convert("RGB")
    width, height = image.size
    side = min(width, height) * SHARE
    left, top = (width - side) / 2, (height - side) / 2
    pixels = np.asarray(image.resize((SIZE, SIZE), Image.BICUBIC, box=(left, top, left + side, top + side)), np.float32)
    return np.ascontiguousarray(((pixels - MEAN) / STD).transpose(2, 0, 1)[None])


def predict(body):
    (probabilities,) = session.run(["probabilities"], {input_name: read(body)})
    order = np.argsort(-probabilities[0])
    return {"classes": [{"label": str(at), "probability": float(probabilities[0][at])} for at in order]}


@asynccontextmanager
async def tell(_app):
    about = {"url": f"http://127.0.0.1:{asked['port']}/classify", "pid": os.getpid(), "onnxruntime": onnxruntime.__version__}
    sys.stdout.write(json.dumps({"ready": True, "about": about}) + "\n")
    sys.stdout.flush()
    yield


app = FastAPI(lifespan=tell)


@app.post("/classify")
async def classify(request: Request):
    return await run_in_threadpool(predict, await request.body())


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
uvicorn.run(app, host="127.0.0.1", port=asked["port"], workers=1, log_level="warning", access_log=False)
