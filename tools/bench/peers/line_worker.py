"""The peers' side of a bench: one JSON object a line. Says when it is ready, then answers each request with one line."""

import json
import sys
import time


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve(*, about, run_round, save):
    """run_round() does one round and answers how many units it did; save(path) writes what the last round made."""
    say({"ready": True, "about": about})
    for line in sys.stdin:
        request = json.loads(line)
        if "save" in request:
            save(request["save"])
            say({"saved": True})
            continue
        started = time.perf_counter()
        units = run_round()
        say({"seconds": time.perf_counter() - started, "units": units})
