"""Predicts by AllenNLP itself: one JSON value a line, the protocol of test/bench/allennlp/protocol.ts."""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def load(config):
    import importlib

    import torch
    from allennlp.data.tokenizers import WhitespaceTokenizer
    from allennlp.models.archival import load_archive
    from allennlp.predictors import Predictor

    torch.set_num_threads(config["threads"])
    registers = config.get("registers")
    if registers:
        importlib.import_module(registers)
    archive = load_archive(config["models"])
    if config["predictor"] != "sentence_tagger":
        return Predictor.from_archive(archive, config["predictor"])
    # Its predictor would load spaCy. Both sides split at white space.
    from allennlp.predictors.sentence_tagger import SentenceTaggerPredictor

    class WhitespaceTagger(SentenceTaggerPredictor):
        def __init__(self, model, dataset_reader):
            super(SentenceTaggerPredictor, self).__init__(model, dataset_reader)
            self._tokenizer = WhitespaceTokenizer()

    return WhitespaceTagger(archive.model, archive.validation_dataset_reader)


def say(reply):
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def predict(predictor, inputs, size):
    if size == 1:
        return [predictor.predict_json(each) for each in inputs]
    answers = []
    for start in range(0, len(inputs), size):
        answers.extend(predictor.predict_batch_json(inputs[start : start + size]))
    return answers


def main():
    config = json.loads(sys.argv[1])
    predictor = load(config)
    predictor.predict_json(config["input"])
    say({"cpuMilliseconds": time.process_time() * 1000})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "answers":
            say({"answers": predict(predictor, command["inputs"], 1)})
            continue
        start, used = time.perf_counter(), time.process_time()
        for _ in range(command["times"]):
            predict(predictor, command["inputs"], command["size"])
        say(
            {
                "milliseconds": (time.perf_counter() - start) * 1000,
                "cpuMilliseconds": (time.process_time() - used) * 1000,
            }
        )


main()
