"""transformers on PyTorch in float32, on the protocol of test/bench/generate/protocol.ts."""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM


def main():
    config = json.loads(sys.argv[1])
    torch.set_num_threads(config["threads"])
    kind = AutoModelForSeq2SeqLM if config["hasEncoder"] else AutoModelForCausalLM
    model = kind.from_pretrained(f"{config['models']}/{config['model']}").eval()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        ids = torch.tensor(command["prompts"])
        start, used = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            found = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=command["tokens"],
                num_beams=command["beams"],
                do_sample=False,
            )
        reply = {
            "milliseconds": 1000 * (time.perf_counter() - start),
            "cpuMilliseconds": 1000 * (time.process_time() - used),
            "ids": found[:, -command["tokens"] :].tolist(),
        }
        print(json.dumps(reply), flush=True)


main()
