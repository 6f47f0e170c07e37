"""
What others make of Graft's exports.

    python check_exports.py EXPORTS.json

EXPORTS: a list of
  {"kind": "state-dict", "library": "torchvision" | "timm", "model", "classes", "path", "input", "expected", "original"}:
    the original network must load it with strict=True; `original` is the state dict that it was made from.
  {"kind": "onnx", "path"}: goes through ONNX's own checker, shapes inferred.
A line of JSON for each says what was found, or {"error": …}.
"""

import json
import sys

import onnx
import torch
from safetensors.torch import load_file

from reference_networks import build, build_empty, build_in_timm

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def load_state_dict(path):
    return load_file(path) if path.endswith(".safetensors") else torch.load(path, weights_only=True)


def check_state_dict(export):
    images = load_file(export["input"])["input"]
    expected = load_file(export["expected"])["logits"]
    weights = load_state_dict(export["path"])
    model = build_empty(
        export["model"],
        build=build_in_timm if export["library"] == "timm" else build,
        image_size=images.shape[2:],
        classes=export["classes"],
    )
    model.load_state_dict(weights, strict=True, assign=True)
    found = {
        "tensors": len(weights),
        "difference": float((model(images) - expected).abs().max()),
        "largest": float(expected.abs().max()),
    }
    if export["library"] != "timm":
        original = load_state_dict(export["original"])
        # Batch norms' counters don't matter to a network that only answers.
        found["changed"] = [
            name
            for name, tensor in original.items()
            if not name.endswith("num_batches_tracked") and not torch.equal(tensor, weights[name])
        ]
    return found


def check_onnx(export):
    onnx.checker.check_model(export["path"], full_check=True)
    model = onnx.load(export["path"], load_external_data=False)
    return {
        "opset": next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")),
        "operators": sorted({node.op_type for node in model.graph.node}),
        "inputs": {value.name: shape_of(value) for value in model.graph.input},
        "outputs": {value.name: shape_of(value) for value in model.graph.output},
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
    }


def shape_of(value):
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def check(export):
    try:
        return check_onnx(export) if export["kind"] == "onnx" else check_state_dict(export)
    except Exception as error:  # What it was is the answer.
        return {"error": f"{type(error).__name__}: {error}"}


with open(sys.argv[1], encoding="utf-8") as file:
    exports = json.load(file)
for each in exports:
    print(json.dumps(check(each)), flush=True)
