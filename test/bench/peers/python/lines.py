"""The loop of a measured process: one JSON value a line, the protocol of test/bench/subjects/protocol.ts.

Imports nothing that costs time before the first prediction.
"""

import json
import sys
import time


def serve(load):
    """`load(config)` returns a function from texts to their normalised embeddings [texts, hidden]."""
    config = json.loads(sys.argv[1])
    embed = load(config)

    def say(reply):
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()

    embed([config["text"]])
    say({"answer": {"label": "", "score": 0}, "phases": {}})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "vectors":
            say({"vectors": [[float(x) for x in embed([text])[0]] for text in command["texts"]]})
            continue
        start = time.perf_counter()
        for texts in command["batches"]:
            embed(texts)
        say({"milliseconds": (time.perf_counter() - start) * 1000, "answers": []})
