"""Calls MLflow's Python client in every way that has a rule, and prints a line of JSON for each call: what came of it.

Run against MLflow's own server and against Graft's registry, the two print the same. Times, and whatever else differs from run to run,
are left out. The address is MLFLOW_TRACKING_URI, the token MLFLOW_TRACKING_TOKEN; the registry has to be empty.

What MLflow's own server answers is recorded beside this file. To record it anew, with the version that
tools/python/mlflow-requirements.txt has:

    pip install mlflow==3.17.2
    mlflow server --backend-store-uri sqlite:///$(mktemp -d)/mlflow.sqlite --port 5987 --workers 1
    MLFLOW_TRACKING_URI=http://127.0.0.1:5987 python parity.py > recorded.jsonl
"""

import json
import os
import sys

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

BASE = os.environ["MLFLOW_TRACKING_URI"]
TOKEN = os.environ.get("MLFLOW_TRACKING_TOKEN")
# Everything below, by the names of the models that this script makes.
client = MlflowClient(tracking_uri=BASE, registry_uri=BASE)


def brief(value):
    version = getattr(value, "version", None)
    return value.name if version is None else f"{value.name} {version}"


def short(value):
    """An argument, by its length where it is long."""
    if isinstance(value, dict):
        return {short(key): short(one) for key, one in value.items()}
    return f"{value[:9]}... ({len(value)})" if isinstance(value, str) and len(value) > 80 else value


def shown(value):
    """An entity, a page of them or a plain value, less its times."""
    kind = type(value).__name__
    if kind == "PagedList":
        return {"items": [shown(one) if len(value) == 1 else brief(one) for one in value], "more": bool(value.token)}
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return short(value)
    if kind == "RegisteredModel":
        return {
            "name": value.name,
            "description": value.description,
            "tags": short(value.tags),
            "aliases": short(value.aliases),
            "latest": [[one.version, one.current_stage] for one in value.latest_versions],
            "timed": value.creation_timestamp > 0 and value.last_updated_timestamp >= value.creation_timestamp,
        }
    if kind == "ModelVersion":
        fields = ["name", "version", "description", "current_stage", "source", "run_id", "run_link", "status", "status_message", "user_id", "tags"]
        return {
            **{field: short(getattr(value, field)) for field in fields},
            "aliases": [short(one) for one in sorted(value.aliases)],
            "timed": value.creation_timestamp > 0 and value.last_updated_timestamp >= value.creation_timestamp,
        }
    return value


# Which keys there are is told in the order of a Python set, and by a database's own words.
LOOSE = ("Valid keys", "Valid entity types", "attributes support comparison", "already exists.", "cannot use the", "Error:", "Invalid clause", "Expected", "expected", "page token", "Could not be parsed", "order_by", "entity type", "Invalid value for numeric", "Valid stages", "Invalid comparator", "multiple expression", "Max retries exceeded", "Bad Request")


def message_of(error):
    text = str(error)
    return None if any(part in text for part in LOOSE) else text[:400]


def call(name, *args, **kwargs):
    line = {"call": name, "args": [short(one) for one in args], **({"kwargs": {key: short(one) for key, one in kwargs.items()}} if kwargs else {})}
    try:
        line["result"] = shown(getattr(client, name)(*args, **kwargs))
    except MlflowException as error:
        line["error"] = error.error_code
        line["message"] = message_of(error)
    except Exception as error:  # The client's own checks.
        line["raised"] = type(error).__name__
    print(json.dumps(line, sort_keys=True))
    sys.stdout.flush()
    return line


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if not key.endswith("_timestamp") and key not in ("sqlstate", "error_class")}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def rest(method, path, body=None, **kwargs):
    """What the client would never send, or hides of the answer."""
    headers = {"authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    url = f"{BASE}/api/2.0/mlflow{path}"
    answer = requests.request(method, url, json=body, headers=headers, timeout=60, **kwargs)
    line = {"rest": f"{method} {path}", "body": body, "status": answer.status_code, **{key: str(one) for key, one in kwargs.items()}}
    try:
        line["answer"] = timeless(answer.json())
        if "message" in line["answer"]:
            line["answer"]["message"] = message_of(line["answer"]["message"])
    except ValueError:
        line["answer"] = None
    print(json.dumps(line, sort_keys=True))


def models():
    call("create_registered_model", "p1")
    call("create_registered_model", "p2", tags={"team": "a", "b.c": "2"}, description="second")
    call("create_registered_model", "p3 ünïcode ✓", tags={"k": ""}, description="")
    call("create_registered_model", "P1")
    for name in ["p1", "", " ", "a/b", "a:b", ".", "..", "..x", "p4\u0000"[:2]]:
        call("create_registered_model", name)
    call("create_registered_model", "p5", tags={"bad%key": "x"})
    call("create_registered_model", "p5", tags={"k" * 251: "x"})
    call("create_registered_model", "p5", tags={"k": "x" * 100_001})
    call("create_registered_model", "p5", tags={"../k": "x"})
    for name in ["p1", "p2", "p3 ünïcode ✓", "nope", "", "a/b", "."]:
        call("get_registered_model", name)
    call("update_registered_model", "p1", "described")
    call("update_registered_model", "p1", "")
    call("update_registered_model", "p1", None)
    call("update_registered_model", "nope", "x")
    call("set_registered_model_tag", "p1", "a", "1")
    call("set_registered_model_tag", "p1", "a", "2")
    call("set_registered_model_tag", "p1", "a b/c:d-e.f", "ü")
    call("set_registered_model_tag", "p1", "n", 5)
    for key in ["", "a//b", "/a", "a/", ".", "a%", "k" * 251, "k" * 250]:
        call("set_registered_model_tag", "p1", key, "x")
    call("set_registered_model_tag", "p1", "long", "x" * 100_001)
    call("set_registered_model_tag", "nope", "a", "1")
    call("delete_registered_model_tag", "p1", "k" * 250)
    call("delete_registered_model_tag", "p1", "n")
    call("delete_registered_model_tag", "p1", "never")
    call("delete_registered_model_tag", "p1", "%")
    call("delete_registered_model_tag", "nope", "a")
    call("get_registered_model", "p1")


def versions():
    call("create_model_version", "p1", "s3://bucket/m/1")
    call("create_model_version", "p1", "s3://bucket/m/2", run_id="0123456789abcdef0123456789abcdef", tags={"t": "1", "u": "x"}, run_link="http://r", description="two")
    call("create_model_version", "p1", "gs://b/x", tags={"t": "2"})
    call("create_model_version", "p2", "dbfs:/x/y", tags={"t": "1"})
    call("create_model_version", "nope", "s3://b/m")
    call("create_model_version", "p2", "s3://b/m", tags={"bad%": "1"})
    for source in ["", "/local/path", "file:///local", "s3://b/../c", "s3://b/a/./c", "s3://b/%2e%2e/c", "s3://bucket", "s3://bucket/", "https://h/x", "ftp://h/x", "hdfs://h/x", "mlflow-artifacts:/0/abc/artifacts/m", "mlflow-artifacts://h/0/abc", "runs:/abc/model", "models:/p1/1", "models:/nope/1", "models:/p1/99", "models:/p1@none", "models:/p1/latest", "models:/m-0123", "models:/", "custom:/x", "x", "wasbs://c@a.blob.core.windows.net/p"]:
        call("create_model_version", "p2", source)
    call("create_model_version", "p2", "runs:/abc/model", run_id="abc")
    call("create_model_version", "p2", "runs:/abc/model", run_id="abd")
    call("create_model_version", "p2", "models:/p1/2", run_id="other")
    call("get_model_version_download_uri", "p1", "2")
    for version in range(1, 12):
        call("get_model_version_download_uri", "p2", str(version))
    call("get_model_version_download_uri", "nope", "1")
    for version in ["1", 1, "0", "-1", "99", "99999999999", "x", "", "1.0", " 1 ", "latest"]:
        call("get_model_version", "p1", version)
    call("get_model_version", "nope", "1")
    call("update_model_version", "p1", "1", "described")
    call("update_model_version", "p1", "1", None)
    call("update_model_version", "p1", "2", "")
    call("update_model_version", "p1", "99", "x")
    call("update_model_version", "p1", "x", "x")
    call("set_model_version_tag", "p1", "1", "k", "v")
    call("set_model_version_tag", "p1", "1", "k", "w")
    call("set_model_version_tag", "p1", "1", "bad%", "w")
    call("set_model_version_tag", "p1", "99", "k", "w")
    call("set_model_version_tag", "p1", "x", "k", "w")
    call("set_model_version_tag", "p1", key="s", value="w", stage="None")
    call("set_model_version_tag", "p1", key="s", value="w")
    call("delete_model_version_tag", "p1", "1", "k")
    call("delete_model_version_tag", "p1", "1", "k")
    call("delete_model_version_tag", "p1", "99", "k")
    call("delete_model_version_tag", "p1", "1", "%")
    call("get_model_version", "p1", "1")


def stages():
    call("get_latest_versions", "p1")
    call("transition_model_version_stage", "p1", "1", "production")
    call("transition_model_version_stage", "p1", "2", "Staging")
    call("transition_model_version_stage", "p1", "3", "Production", archive_existing_versions=True)
    call("transition_model_version_stage", "p1", "3", "Archived", archive_existing_versions=True)
    call("transition_model_version_stage", "p1", "3", "Nowhere")
    call("transition_model_version_stage", "p1", "99", "Staging")
    call("transition_model_version_stage", "nope", "1", "Staging")
    call("get_latest_versions", "p1")
    call("get_latest_versions", "p1", ["Production"])
    call("get_latest_versions", "p1", ["staging", "Archived"])
    call("get_latest_versions", "p1", ["Nowhere"])
    call("get_latest_versions", "nope")
    call("get_registered_model", "p1")
    call("create_model_version", "p2", "models:/p1/Staging")


def aliases():
    call("set_registered_model_alias", "p1", "best", "1")
    call("set_registered_model_alias", "p1", "best", "2")
    call("set_registered_model_alias", "p1", "other", 2)
    call("set_registered_model_alias", "p1", "ünder_score-1", "1")
    for alias in ["", "a b", "a.b", "latest", "LATEST", "v1", "V22", "v1x", "a" * 255, "a" * 256]:
        call("set_registered_model_alias", "p1", alias, "1")
    call("set_registered_model_alias", "p1", "best", "99")
    call("set_registered_model_alias", "p1", "best", "x")
    call("set_registered_model_alias", "nope", "best", "1")
    call("get_model_version_by_alias", "p1", "best")
    call("get_model_version_by_alias", "p1", "latest")
    call("get_model_version_by_alias", "p1", "never")
    call("get_model_version_by_alias", "p1", "a b")
    call("get_model_version_by_alias", "p3 ünïcode ✓", "latest")
    call("get_model_version_by_alias", "nope", "best")
    call("get_registered_model", "p1")
    call("create_model_version", "p2", "models:/p1@best")
    call("copy_model_version", "models:/p1/2", "p6 copy")
    call("copy_model_version", "models:/p1@best", "p6 copy")
    call("copy_model_version", "models:/p1/99", "p6 copy")
    call("get_model_version_download_uri", "p6 copy", "1")
    call("delete_registered_model_alias", "p1", "a" * 255)
    call("delete_registered_model_alias", "p1", "v1x")
    call("delete_registered_model_alias", "p1", "other")
    call("delete_registered_model_alias", "p1", "never")
    call("delete_registered_model_alias", "p1", "a b")
    call("delete_registered_model_alias", "nope", "best")
    call("get_model_version", "p1", "2")


VERSION_FILTERS = [
    "", "  ", "name = 'p1'", "name='p1'", 'name = "p1"', "name = `p1`", "name = p1", "NAME = 'p1'", "`name` = 'p1'", "attribute.name = 'p1'",
    "attributes.name = 'p1'", "name != 'p1'", "name LIKE 'p%'", "name like 'P%'", "name ILIKE 'P%'", "name LIKE '%\\_%'", "name = 'it''s'",
    "name IN ('p1', 'p2')", "name in ('p1')", "name NOT IN ('p1')", "name IN ()", "name IN (1)", "name IN 'p1'", 'name IN ("p1", "p2",)',
    "run_id IN ('0123456789abcdef0123456789abcdef')", "source_path IN ('a')", "source_path = 's3://bucket/m/1'", "source_path LIKE 's3://%'",
    "run_id = '0123456789abcdef0123456789abcdef'", "run_id = ''", "version_number = 1", "version_number = '1'", "version_number > 1",
    "version_number >= 2 AND version_number < 4", "version_number <= 1", "version_number != 1", "version_number = 1.5", "version_number = '1.5'",
    "version_number LIKE '1'", "version_number IN ('1')", "version_number = -1", "version_number > 99999999999", "version_number = x",
    "tags.t = '1'", "tag.t = '1'", "tags.`t` = '1'", 'tags."t" = \'1\'', "tags.t != '1'", "tags.t LIKE '%'", "tags.t ILIKE '1'", "tags.t = 1",
    "tags.t > '1'", "tags.t IN ('1')", "tags.never = '1'", "tags.t = '1' AND tags.u = 'x'", "tags.t != '1' AND tags.t != '2'",
    "tags.t = '1' and name = 'p1'", "AND name = 'p1'", "name = 'p1' AND", "name = 'p1' name = 'p1'", "name = 'p1' OR name = 'p2'",
    "name", "name =", "= 'p1'", "'p1' = name", "name 'p1'", "name == 'p1'", "name <> 'p1'", "name > 'p1'", "name = 'p1'; name = 'p2'", "name = 'p1",
    "description = 'x'", "metrics.x = 1", "params.x = '1'", "tags. = '1'", "tags = '1'", "(name = 'p1')", "NOT name = 'p1'", "name IS NULL"[:4],
    "creation_timestamp > 0", "last_updated_timestamp > 0", "current_stage = 'None'", "tags.`mlflow.prompt.is_prompt` = 'true'",
    "tags.`mlflow.prompt.is_prompt` = 'false'", "tags.mlflow.prompt.is_prompt != 'true'", "name NOT LIKE 'p%'", "name = 5", "1 = 1", "name='p1'AND version_number=1",
    "name = 'ü'", "name = 'p1' -- x", "tags.`a b` = 'x'", "tags.a-b = 'x'", "tags.1a = 'x'", "name.x = 'y'", "tags.t= '1'\nAND\tname ='p1'",
]  # fmt: skip
MODEL_FILTERS = [
    "", "name = 'p1'", "name LIKE '%2'", "name ILIKE 'P%'", "name != 'p1'", "name IN ('p1','P1')", "name NOT IN ('p1')", "tags.team = 'a'",
    "tags.`b.c` = '2'", "tags.b.c = '2'", "tag.team != 'b'", "tags.a LIKE '%'", "name > 'a'", "name = 1", "version_number = 1", "run_id = 'x'",
    "tags.team IN ('a')", "description = ''", "tags.team = 'a' AND name = 'p2'", "tags.team = 'a' AND tags.a = '2'", "name = p1", "AND",
]  # fmt: skip
ORDERS = [
    ["name"], ["name DESC"], ["name desc", "version_number ASC"], ["version_number"], ["`name` DESC"], ["attribute.name DESC"], ["creation_timestamp"],
    ["last_updated_timestamp DESC"], ["timestamp"], ["timestamp DESC"], ["name", "name DESC"], ["nope"], ["name UP"], [""], ["name ASC, version_number"],
    [" name"], ["name ASC "], ["name  DESC"], ["tag.t"], ["NAME"], ["source_path"], ["version"], ['"name" desc'], ["run_id"], ["`name`"], ["name DESC ASC"],
]  # fmt: skip


def searches():
    order = ["name ASC", "version_number ASC"]
    for text in VERSION_FILTERS:
        call("search_model_versions", text, order_by=order)
    for text in MODEL_FILTERS:
        call("search_registered_models", text)
    for clauses in ORDERS:
        call("search_registered_models", "name LIKE 'p%'", order_by=clauses)
        call("search_model_versions", "name = 'p1'", order_by=clauses)
    for most in [1, 2, 1000, 1001, 0]:
        call("search_registered_models", "name LIKE 'p%'", max_results=most)
    for most in [1, 3, 200_000, 200_001, 0, -1]:
        call("search_model_versions", "name LIKE 'p%'", max_results=most, order_by=order)
    for token in ["x", "!!", "e30=", "eyJvZmZzZXQiOiAxfQ==", "eyJvZmZzZXQiOiAxMDAwfQ==", "eyJvZmZzZXQiOiAieCJ9", ""]:
        call("search_registered_models", "name LIKE 'p%'", page_token=token)
        call("search_model_versions", "name LIKE 'p%'", page_token=token, order_by=order)
    seen, token = [], None
    while True:
        page = client.search_model_versions("name LIKE 'p%'", max_results=2, order_by=order, page_token=token)
        seen.append([f"{one.name} {one.version}" for one in page])
        token = page.token
        if not token:
            break
    print(json.dumps({"pages": seen}))


def renames():
    call("rename_registered_model", "p2", "p1")
    call("rename_registered_model", "p2", "a/b")
    call("rename_registered_model", "p2", " ")
    call("rename_registered_model", "p2", "")
    call("rename_registered_model", "nope", "p9")
    call("rename_registered_model", "p1", "p1 renamed")
    call("get_registered_model", "p1")
    call("get_registered_model", "p1 renamed")
    call("get_model_version_by_alias", "p1 renamed", "best")
    call("search_model_versions", "name = 'p1 renamed'", order_by=["version_number"])
    call("search_registered_models", "tags.a = '2'")


def deletions():
    call("delete_model_version", "p1 renamed", "2")
    call("delete_model_version", "p1 renamed", "2")
    call("delete_model_version", "p1 renamed", "x")
    call("delete_model_version", "nope", "1")
    for version in ["1", "2", "3"]:
        call("get_model_version", "p1 renamed", version)
    call("get_model_version_download_uri", "p1 renamed", "2")
    call("get_model_version_by_alias", "p1 renamed", "best")
    call("set_model_version_tag", "p1 renamed", "2", "k", "v")
    call("set_registered_model_alias", "p1 renamed", "best", "2")
    call("transition_model_version_stage", "p1 renamed", "2", "Staging")
    call("update_model_version", "p1 renamed", "2", "x")
    call("get_registered_model", "p1 renamed")
    call("get_latest_versions", "p1 renamed")
    call("search_model_versions", "name = 'p1 renamed'", order_by=["version_number"])
    call("delete_model_version", "p1 renamed", "3")
    call("create_model_version", "p1 renamed", "s3://b/next")
    call("get_model_version_download_uri", "p6 copy", "1")
    call("delete_registered_model", "p1 renamed")
    call("delete_registered_model", "p1 renamed")
    call("delete_registered_model", "")
    call("get_registered_model", "p1 renamed")
    call("search_model_versions", "name = 'p1 renamed'")
    call("create_registered_model", "p1 renamed")
    call("create_model_version", "p1 renamed", "s3://b/first")
    call("get_registered_model", "p1 renamed")
    for name in ["p1 renamed", "p2", "p3 ünïcode ✓", "P1", "p6 copy", "p4"]:
        call("delete_registered_model", name)
    call("search_registered_models", "name ILIKE 'p%'")


def requests_by_hand():
    rest("POST", "/registered-models/create", {})
    rest("POST", "/registered-models/create", {"name": 5})
    rest("POST", "/registered-models/create", {"name": None})
    rest("POST", "/registered-models/create", {"name": ["p7"]})
    rest("POST", "/registered-models/create", {"name": "p7", "tags": "x"})
    rest("POST", "/registered-models/create", {"name": "p7", "unknown": 1, "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]})
    rest("POST", "/registered-models/create", {"name": "p7"})
    rest("POST", "/registered-models/create", None, data="{")
    rest("GET", "/registered-models/get")
    rest("GET", "/registered-models/get?name=p7")
    rest("GET", "/registered-models/get?name=p7&name=nope")
    rest("GET", "/registered-models/get?name=")
    rest("GET", "/registered-models/get?nome=p7")
    rest("POST", "/model-versions/create", {"name": "p7"})
    rest("POST", "/model-versions/create", {"name": "p7", "source": "s3://b/c", "runId": "r1", "runLink": "l"})
    rest("POST", "/model-versions/create", {"name": "p7", "source": "s3://b/c", "runId": "r1", "run_id": "r2"})
    rest("GET", "/model-versions/get?name=p7&version=1")
    rest("GET", "/model-versions/get?name=p7")
    rest("GET", "/model-versions/get-download-uri?name=p7&version=1")
    rest("GET", "/model-versions/get-download-uri?name=p7")
    rest("GET", "/model-versions/get-download-uri")
    rest("POST", "/model-versions/set-tag", {"name": "p7", "version": 1, "key": "a", "value": "b"})
    rest("POST", "/model-versions/set-tag", {"name": "p7", "version": "1", "key": "a"})
    rest("POST", "/model-versions/transition-stage", {"name": "p7", "version": "1", "stage": "Staging", "archive_existing_versions": "yes"})
    rest("PATCH", "/model-versions/update", {"name": "p7", "version": "1", "description": "d"})
    rest("PATCH", "/model-versions/update", {"name": "p7", "version": "1"})
    rest("POST", "/registered-models/get-latest-versions", {"name": "p7"})
    rest("GET", "/registered-models/get-latest-versions?name=p7&stages=None&stages=Staging")
    rest("GET", "/registered-models/alias?name=p7&alias=latest")
    rest("GET", "/registered-models/search?max_results=x")
    rest("GET", "/registered-models/search?max_results=1001")
    rest("GET", "/registered-models/search?filter=name%3D%27p7%27")
    rest("GET", "/model-versions/search?filter=name%3D%27p7%27&order_by=name")
    rest("GET", "/model-versions/search?max_results=")
    rest("DELETE", "/model-versions/delete", {"name": "p7", "version": "1"})
    rest("DELETE", "/registered-models/delete", {"name": "p7"})
    rest("DELETE", "/registered-models/delete", {})


def prompts():
    tag = {"mlflow.prompt.is_prompt": "true"}
    call("create_registered_model", "p8", tags=tag)
    call("create_registered_model", "p8")
    call("create_registered_model", "p8", tags=tag)
    call("create_model_version", "p8", "s3://b/c", tags=tag)
    call("create_model_version", "p8", "dummy-source", tags={**tag, "mlflow.prompt.text": "hi"})
    call("search_registered_models", "name = 'p8'")
    call("search_registered_models", "tags.`mlflow.prompt.is_prompt` = 'true'")
    call("search_model_versions", "name = 'p8'")
    call("search_model_versions", "name = 'p8' AND tags.`mlflow.prompt.is_prompt` = 'true'")
    call("delete_registered_model", "p8")


for part in [models, versions, stages, aliases, searches, renames, deletions, requests_by_hand, prompts]:
    part()
