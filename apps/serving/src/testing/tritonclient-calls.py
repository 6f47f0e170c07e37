"""Calls a server of the Open Inference Protocol as people do, by tritonclient: prints what came as one JSON object."""

import json
import sys

import numpy as np
import tritonclient.http as triton

host, size = sys.argv[1], int(sys.argv[2])
client = triton.InferenceServerClient(url=host)


def tensor(images, binary, name="input", datatype="FP32"):
    made = triton.InferInput(name, list(images.shape), datatype)
    made.set_data_from_numpy(images, binary_data=binary)
    return made


def asked(binary):
    return [triton.InferRequestedOutput("logits", binary_data=binary)]


def infer(images, binary_in=True, outputs=None, model="colours", **options):
    return client.infer(model, [tensor(images, binary_in)], outputs=outputs, **options)


def error_of(call):
    try:
        call()
    except triton.InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    return None


red = np.zeros((1, 3, size, size), dtype=np.float32)
red[:, 0] = 1
batch = np.concatenate([red, np.zeros_like(red), red])

said = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model_ready": client.is_model_ready("colours"),
    "version_ready": client.is_model_ready("colours", "1"),
    "unknown_model_ready": client.is_model_ready("nothing"),
    "server": client.get_server_metadata(),
    "model": client.get_model_metadata("colours"),
    "version": client.get_model_metadata("colours", "1"),
    "index": client.get_model_repository_index(),
    "logits": {
        f"{'binary' if binary_in else 'json'} in, {'binary' if binary_out else 'json'} out": infer(
            batch, binary_in, asked(binary_out)
        )
        .as_numpy("logits")
        .tolist()
        for binary_in in (True, False)
        for binary_out in (True, False)
    },
    "old_version": infer(red, outputs=asked(True), model_version="1").as_numpy("logits").tolist(),
    "compressed": {
        algorithm: infer(
            red,
            outputs=asked(True),
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        .as_numpy("logits")
        .tolist()
        for algorithm in ("gzip", "deflate")
    },
    "errors": {
        "shape": error_of(lambda: infer(np.zeros((1, size, size, 3), dtype=np.float32))),
        "too many": error_of(lambda: infer(np.zeros((33, 3, size, size), dtype=np.float32))),
        "datatype": error_of(
            lambda: client.infer("colours", [tensor(red.astype(np.float64), True, datatype="FP64")])
        ),
        "input": error_of(lambda: client.infer("colours", [tensor(red, True, name="image")])),
        "output": error_of(lambda: infer(red, outputs=[triton.InferRequestedOutput("features")])),
        "model": error_of(lambda: infer(red, model="nothing")),
        "version": error_of(lambda: infer(red, model_version="7")),
        "metadata": error_of(lambda: client.get_model_metadata("nothing")),
    },
}

# Without a list of outputs it asks for all of them as binary data.
all_outputs = infer(red, request_id="mine")
said["all"] = {
    "response": all_outputs.get_response(),
    "logits": all_outputs.as_numpy("logits").tolist(),
    "sum": float(all_outputs.as_numpy("probabilities").sum()),
}
handle = client.async_infer("colours", [tensor(red, True)], outputs=asked(True))
said["async"] = handle.get_result().as_numpy("logits").tolist()
client.close()
print(json.dumps(said))
