"""Adapters as PEFT saves them, and the answers of PEFT itself: the reference of test/golden/lora.test.ts.

    pip install torch==1.13.1 "numpy<2" transformers==4.38.2 peft==0.10.0 safetensors
    node test/golden/lora/write-bases.ts bases
    python test/golden/lora/make-adapters.py bases test/golden/lora/adapters

Every tensor that training would change gets random values, the heads included. The answers are those of the adapter as PEFT reads it
again, because it does not save all that it trains (`bias: lora_only`); nothing is merged.
"""
import json
import pathlib
import sys

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

IDS = [[2, 300, 5, 77, 912, 3], [2, 41, 41, 3, 0, 0]]
MASK = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]

CASES = {
    "classifier": ("bert", "SequenceClassification", {
        "task_type": "SEQ_CLS", "r": 4, "lora_alpha": 16, "target_modules": ["query", "value"],
    }),
    "patterns": ("bert", "SequenceClassification", {
        "task_type": "SEQ_CLS", "r": 4, "lora_alpha": 16, "target_modules": ["query", "key", "intermediate.dense"],
        "rank_pattern": {"layer.1.attention.self.query": 2}, "alpha_pattern": {"layer.1.attention.self.query": 5, "key": 32},
    }),
    "tagger": ("roberta", "TokenClassification", {
        "task_type": "TOKEN_CLS", "r": 3, "lora_alpha": 8, "use_rslora": True, "bias": "all",
        "target_modules": ["query", "output.dense", "word_embeddings"],
    }),
    "answers": ("distilbert", "QuestionAnswering", {
        "task_type": "QUESTION_ANS", "r": 2, "lora_alpha": 2, "bias": "lora_only", "fan_in_fan_out": True,
        "target_modules": ["q_lin", "lin1", "lin2"], "modules_to_save": ["qa_outputs", "sa_layer_norm"],
    }),
    "unprefixed": ("bert-model", "SequenceClassification", {
        "task_type": "SEQ_CLS", "r": 2, "lora_alpha": 4, "target_modules": ["value"], "modules_to_save": ["pooler.dense", "classifier"],
    }),
    "vectors": ("distilbert", "", {
        "task_type": "FEATURE_EXTRACTION", "r": 2, "lora_alpha": 4, "target_modules": ["v_lin"],
    }),
}


def save(model: PeftModel, folder: pathlib.Path, base: str) -> None:
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config |= {"base_model_name_or_path": f"acme/{base}", "target_modules": sorted(config["target_modules"])}
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def main(bases: pathlib.Path, adapters: pathlib.Path) -> None:
    answers = {}
    for number, (name, (base, head, options)) in enumerate(CASES.items()):
        torch.manual_seed(number)
        labels = {"num_labels": 3} if head.endswith("Classification") else {}
        loader = getattr(transformers, f"AutoModelFor{head}" if head else "AutoModel")
        load = lambda: loader.from_pretrained(bases / base, **labels)
        trained = get_peft_model(load(), LoraConfig(**options))
        with torch.no_grad():
            for parameter in trained.parameters():
                if parameter.requires_grad:
                    parameter.add_(torch.randn_like(parameter) * 0.2)
        save(trained, adapters / name, base)
        model = PeftModel.from_pretrained(load(), adapters / name).eval()
        with torch.no_grad():
            output = model(input_ids=torch.tensor(IDS), attention_mask=torch.tensor(MASK))
        answers[name] = {"base": base, "answer": output[0].flatten().tolist()}
    (adapters / "answers.json").write_text(json.dumps({"ids": IDS, "mask": MASK, "answers": answers}) + "\n")


main(*map(pathlib.Path, sys.argv[1:]))
