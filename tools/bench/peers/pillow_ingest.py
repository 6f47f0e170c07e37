"""What a user would write instead: a script that makes a dataset version of what lies in a bucket, with boto3 and Pillow.

    python pillow_ingest.py PREFIX

S3's address and keys come in the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION,
GRAFT_LANDING_BUCKET, GRAFT_ARTIFACTS_BUCKET). Round N takes in `PREFIX-N/`: it lists the objects, and in two processes
reads each, checks and decodes it, turns it as EXIF says, makes it RGB, takes the digests of its bytes and of its pixels and a
difference hash, and puts the bytes under their digest. At the end it writes one manifest of all images under its digest.
"""

import hashlib
import io
import json
import os
import struct
import sys
from concurrent.futures import ProcessPoolExecutor

import boto3
import PIL
from botocore.config import Config
from PIL import Image, ImageOps

from line_worker import serve

PROCESSES = 2
LANDING = os.environ["GRAFT_LANDING_BUCKET"]
ARTIFACTS = os.environ["GRAFT_ARTIFACTS_BUCKET"]
prefix = sys.argv[1]
client = None


def connect():
    global client
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=os.environ["AWS_REGION"],
        config=Config(retries={"max_attempts": 3}),
    )


def content_key(digest):
    return f"sha256/{digest[:2]}/{digest}"


def difference_hash(image):
    thumbnail = image.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (thumbnail[at] > thumbnail[at + 1])
    return f"{bits:016x}"


def inspect(key):
    data = client.get_object(Bucket=LANDING, Key=key)["Body"].read()
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    digest = hashlib.sha256(data).hexdigest()
    pixels = hashlib.sha256(struct.pack(">II", *image.size) + image.tobytes()).hexdigest()
    client.put_object(Bucket=ARTIFACTS, Key=content_key(digest), Body=data)
    return {
        "sha256": digest,
        "pixelSha256": pixels,
        "perceptualHash": difference_hash(image),
        "label": key.split("/")[1],
        "key": key,
        "width": image.width,
        "height": image.height,
        "sizeBytes": len(data),
    }


def main():
    connect()
    pool = ProcessPoolExecutor(PROCESSES, initializer=connect)
    # Started before the clock is.
    list(pool.map(len, [""] * PROCESSES))
    rounds = 0
    last = {}

    def run_round():
        nonlocal rounds, last
        rounds += 1
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=LANDING, Prefix=f"{prefix}-{rounds}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        images = sorted(pool.map(inspect, keys, chunksize=8), key=lambda image: image["sha256"])
        manifest = json.dumps({"images": images}, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(manifest).hexdigest()
        client.put_object(Bucket=ARTIFACTS, Key=content_key(digest), Body=manifest)
        last = {"images": len(images), "pixels": sorted(image["pixelSha256"] for image in images)}
        return len(images)

    def save(path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(last, file)

    serve(
        about={"pillow": PIL.__version__, "boto3": boto3.__version__, "processes": PROCESSES},
        run_round=run_round,
        save=save,
    )
    pool.shutdown()


if __name__ == "__main__":
    main()
