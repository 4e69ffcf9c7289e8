"""What transformers' pipelines answer where the model is a formula: the reference of test/golden/spans.test.ts.

    pip install torch transformers==4.57.6 tokenizers==0.22.2
    node test/golden/transformers/byte-level.ts > byte-level.json
    python test/golden/transformers/spans.py byte-level.json > test/golden/transformers/spans.jsonl

tokenizers 0.23.2 will not do: where it truncates with a stride, it loses the end of a long text.

The formula makes logits of token ids and places alone, so the test has the same ones without the model. One thing is
changed: several spans of tokens that are the same words count by the best of them, as in transformers.js, where
transformers 4.57 adds their scores up.
"""
import json
import sys

import torch
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    QuestionAnsweringPipeline,
    TokenClassificationPipeline,
)
from transformers.modeling_outputs import QuestionAnsweringModelOutput, TokenClassifierOutput

WORDPIECE = "model-assets/packages/slots/1.1.1/tokenizer.json"
SCHEMES = {
    "BIO": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    "bare": ["O", "person", "place"],
    "IOB1": ["O", "I-PER", "I-LOC", "B-LOC"],
}
TEXTS = [
    "book a table for Zyzzyva Microsoft at the Groenlinks restaurant in New York",
    "play Sjöström's 😀 album, then 日本語 songs by Björk!",
    "What is the forecast for Llanfairpwllgwyngyll on the 23rd?",
    "a",
]
PARAGRAPH = (
    "The city of Groenlinks was founded in 1204 by fishermen. 😀 Its harbour, Zyzzyva, is the oldest of the country; "
    "日本 ships came there, too. In 1888 Björk Sjöström built the first lighthouse, 42 metres high. "
)
QUESTIONS = [
    ("When was the city founded?", 1),
    ("Who built the lighthouse?", 6),
    ("How high is it?", 3),
]


def logits(input_ids, outputs):
    """[batch, tokens, outputs], between 0 and 10, as in the test."""
    places = torch.arange(input_ids.shape[1])[None, :, None]
    mixed = (input_ids[:, :, None] * 7919 + places * 104729 + torch.arange(outputs) * 350377) % 1000003
    return ((mixed * mixed + 12345 * mixed) % 1000003 / 100000.0).to(torch.float32)


class Tagger(BertForTokenClassification):
    def forward(self, input_ids, **_):
        return TokenClassifierOutput(logits=logits(input_ids, self.config.num_labels))


class Reader(BertForQuestionAnswering):
    def forward(self, input_ids, **_):
        start, end = logits(input_ids, 2).unbind(-1)
        return QuestionAnsweringModelOutput(start_logits=start, end_logits=end)


class Best:
    """An answer of which what is added to its score counts only where it is more."""

    def __init__(self, answer):
        self.answer = answer

    def __getitem__(self, key):
        return self.answer[key]

    def __setitem__(self, key, total):
        self.answer[key] = max(self.answer[key], total - self.answer[key])


class BestOfTheSame(QuestionAnsweringPipeline):
    def get_answer(self, answers, target):
        found = super().get_answer(answers, target)
        return found and Best(found)


def tokenizer_of(file, model_max_length):
    special = (
        dict(cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>")
        if file != WORDPIECE
        else dict(cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]")
    )
    names = ["input_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_file=file, model_max_length=model_max_length, model_input_names=names, **special
    )


def tiny(vocabulary, labels):
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )


def rounded(results):
    return [{**result, "score": round(float(result["score"]), 6)} for result in results]


def entities(family, file):
    for labels in SCHEMES.values():
        tokenizer = tokenizer_of(file, 512)
        pipeline = TokenClassificationPipeline(
            model=Tagger(tiny(len(tokenizer), labels)), tokenizer=tokenizer, task="token-classification"
        )
        for text in TEXTS:
            # Byte-level words are told by white space there, by the tokenizer's own words here.
            for strategy in ["none", "simple", "first", "average", "max"] if family == "BERT" else ["none", "simple"]:
                for ignore in [["O"], []]:
                    parameters = {"aggregation_strategy": strategy, "ignore_labels": ignore}
                    expected = rounded(pipeline(text, **parameters))
                    yield dict(
                        task=pipeline.task,
                        family=family,
                        labels=labels,
                        text=text,
                        parameters=parameters,
                        expected=expected,
                    )


def answers(family, file):
    tokenizer = tokenizer_of(file, 512)
    model = Reader(tiny(len(tokenizer), ["a", "b"]))
    pipeline = BestOfTheSame(model=model, tokenizer=tokenizer, task="question-answering")
    for question, times in QUESTIONS:
        for parameters in [
            {},
            {"max_seq_len": 64, "doc_stride": 16},
            {"max_seq_len": 96, "doc_stride": 0, "max_answer_len": 3},
            {"handle_impossible_answer": True},
            {"align_to_words": False, "max_seq_len": 128, "doc_stride": 20},
        ]:
            # All spans are looked at: by itself it looks at 2 * top_k + 10 of each window.
            found = pipeline(question=question, context=PARAGRAPH * times, top_k=2000, **parameters)[:5]
            yield dict(
                task=pipeline.task,
                family=family,
                question=question,
                paragraph=PARAGRAPH,
                times=times,
                parameters=parameters,
                expected=rounded(found),
            )


if __name__ == "__main__":
    families = {"BERT": WORDPIECE, "RoBERTa": sys.argv[1]}
    for cases in (entities, answers):
        for family, file in families.items():
            for case in cases(family, file):
                print(json.dumps(case, ensure_ascii=False))
