"""Writes the tokenizer folders beside this file, and what Python makes of texts with them: references.json.

    python references.py folders                     # any release; needs sentencepiece and tokenizers
    python references.py read old.json               # with transformers 4.57.6, which reads each folder twice, fast and slow
    python references.py read new.json               # with transformers 5.24.0
    python references.py merge old.json new.json

The vocabularies are trained on the sentences below, which are our own, and mean nothing as language. The ids that count are those that two
of the three tokenizers agree on, 5.24 and the fast and the slow one of 4.57; null where no two agree: see ADR-tokenizer-files.md.
"""
import io
import json
import os
import random
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

SENTENCES = """
Please book a table for two at seven on Friday evening, near the window if there is one.
The train to the city leaves at nine, and the next one at a quarter past eleven.
I lost my card yesterday and need a new one before the end of the month.
What is the weather like in Paris today? It rained there all night.
Turn off the lights in the kitchen, then play some quiet music, would you?
Your parcel could not be delivered because nobody was at home to sign for it.
The hotel was clean, the staff were kind, but the breakfast was cold and late.
How much does it cost to send 12,345 letters abroad, and how long does it take?
She said: "never again!" and walked out of the room without looking back.
We're sorry, they'll call you back; don't wait for us, it's not worth it.
Où est la gare ? La façade est très belle, déjà vue, naïve peut-être.
Zürich, Köln und Łódź liegen nicht am Meer, São Paulo auch nicht.
My flight was moved from 3.14 pm to 10 pm, so I would like to change my seat.
The quick brown fox jumps over the lazy dog again and again.
Open the second door on the left and wait until somebody comes for you.
""".strip().split("\n")

PLAIN = [
    "", " ", "a", "The quick brown fox jumps over the lazy dog.", "   leading and   multiple   spaces  trailing   ",
    "Hello, World! It's 2024-01-15; don't panic...", "Où est l’été ? Ça va très bien, naïve façade.",
    "ALL CAPS WITH İstanbul ŒUVRE ẞ ς Σ", "tab\there\nnew line\r\nend", "control\x00\x01\x1b chars\x7f end",
    "zero\u200bwidth\u200c join\u200d bom\ufeff soft\xadhyphen", "e\u0301te\u0301 n\u0303 a\u030a combining",
    "今天天气很好,我们去公园吧。 한국어 テスト", "😀 smile 👨\u200d👩\u200d👧 family 👍🏽", "nbsp\xa0here\u2003em\u3000wide\u2028line",
    "[CLS] special [SEP] tokens [MASK] in [UNK] text [PAD]", "<s> other </s> specials <mask> <pad> <unk> <extra_id_3>",
    "x<mask>y [MASK]. <extra_id_0>and<extra_id_9> [mask]", "12,345.67 3.14 0x1F ½ ² 1, 2,", "``quoted'' and ''again``",
    "ﬁne ﬂow ｆｕｌｌｗｉｄｔｈ ①", "𝐀𝐁 \ue000 private \ufffd", "[E1] x[E1] y lowme LOWME Word wordWord",
]
PAIRS = [
    ["The quick brown fox", "jumps over the lazy dog again"], ["a", "b"], ["Où est l’été ?", "今天天气很好"],
    ["one two three four five six seven", "ten"],
]


def random_texts(count):
    """Texts of letters, digits, blanks and what breaks tokenizers: controls, joiners, marks, scripts, emoji, added tokens."""
    source = random.Random(14)
    odd = [0, 1, 0x1B, 0x7F, 0xA0, 0xAD, 0x300, 0x301, 0x328, 0x200B, 0x200D, 0x2028, 0x202E, 0x3000, 0xFEFF, 0xFFFD, 0xE000]
    odd += [0x4ECA, 0x1F600, 0x1F3FD, 0xAC00, 0x1161, 0xFB01, 0xFF21, 0x130, 0x3A3, 0xDF, 0xC0, 0xE9, 0x2019, 0x1D400, 0x2A700]
    letters = list("abcdefghijklmnopqrstuvwxyzABCDEF      ...,,'!?0123456789\t\n") + [chr(code) for code in odd]
    words = ["the ", "quick ", "table", " for two", "Word", "lowme", "[E1]", "<mask>", "[MASK]", "</s>", " 1,", "  "]
    pick = lambda: source.choice(words) if source.random() < 0.3 else source.choice(letters)
    return ["".join(pick() for _ in range(source.randint(1, 30))) for _ in range(count)]


TEXTS = PLAIN + random_texts(60)


def pieces(**options):
    """A SentencePiece model with a small normalizer: decomposed letters composed, full-width ones narrowed, blanks unified."""
    import sentencepiece

    rules = os.path.join(HERE, "rules.tsv")
    pairs = [("A0", "20"), ("3000", "20"), ("2028", "20"), ("A", "20"), ("D", "20"), ("9", "20"), ("200B", ""), ("1", "")]
    pairs += [("FF21", "41"), ("FB01", "66 69"), ("65 301", "E9"), ("6E 303", "F1"), ("2461", "32"), ("BD", "31 2F 32")]
    with open(rules, "w") as file:
        file.write("".join(f"{left}\t{right}\n" for left, right in pairs))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3), model_writer=model, hard_vocab_limit=False, minloglevel=2, character_coverage=0.999,
        **{"vocab_size": 220, "normalization_rule_tsv": rules, **options})
    os.remove(rules)
    return model.getvalue()


def word_pieces(special, size=220):
    from tokenizers import BertWordPieceTokenizer

    trainer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    trainer.train_from_iterator(SENTENCES, vocab_size=size, min_frequency=1, special_tokens=special, show_progress=False)
    vocabulary = trainer.get_vocab()
    return "".join(f"{token}\n" for token in sorted(vocabulary, key=vocabulary.get))


def byte_pairs(special, size=340):
    from tokenizers import ByteLevelBPETokenizer

    trainer = ByteLevelBPETokenizer()
    trainer.train_from_iterator(SENTENCES, vocab_size=size, min_frequency=1, special_tokens=special, show_progress=False)
    model = json.loads(trainer.to_str())["model"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return {"vocab.json": model["vocab"], "merges.txt": "".join(f"{line}\n" for line in ["#version: 0.2", *merges])}


def folders():
    fairseq = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    uncased, cased = word_pieces(bert), word_pieces(bert, 240)
    roberta = byte_pairs(fairseq)
    like_xlm = pieces(unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    like_albert = pieces(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=bert[2:])
    like_t5 = pieces(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    like_xlnet = pieces(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=["<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"])
    like_deberta = pieces(pad_id=0, bos_id=1, eos_id=2, unk_id=3, bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", pad_piece="[PAD]")
    like_llama = pieces(
        model_type="bpe", byte_fallback=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, vocab_size=420,
        normalization_rule_tsv="", normalization_rule_name="identity", remove_extra_whitespaces=False)
    added = dict(lstrip=False, rstrip=False, single_word=False)
    return {
        "bert-lower-chinese-off": ("bert", {"vocab.txt": uncased}, {"tokenize_chinese_chars": False, "strip_accents": True}),
        "bert-added": ("bert", {
            "vocab.txt": cased, "added_tokens.json": {"[E1]": 240, "lowme": 241},
            "special_tokens_map.json": {"additional_special_tokens": ["[E1]"], "mask_token": {"content": "[MASK]", "normalized": False, **added, "lstrip": True}},
        }, {"do_lower_case": True, "tokenizer_class": "BertTokenizer"}),
        "distilbert": ("distilbert", {"vocab.txt": uncased}, {"tokenizer_class": "DistilBertTokenizer"}),
        "mpnet": ("mpnet", {"vocab.txt": word_pieces([*fairseq, "[UNK]"])}, None),
        "roberta": ("roberta", roberta, None),
        "bart-added": ("bart", {**roberta, "added_tokens.json": {"lowme": 340}}, {"tokenizer_class": "BartTokenizer"}),
        "gpt2": ("gpt2", byte_pairs(["<|endoftext|>"]), {"add_prefix_space": True, "model_max_length": 64}),
        "deberta": ("deberta", byte_pairs(["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]), {"do_lower_case": False}),
        "albert": ("albert", {"spiece.model": like_albert}, {}),
        "albert-cased": ("albert", {"spiece.model": like_albert}, {"do_lower_case": False, "keep_accents": True}),
        "xlnet": ("xlnet", {"spiece.model": like_xlnet}, {}),
        "xlm-roberta": ("xlm-roberta", {"sentencepiece.bpe.model": like_xlm}, None),
        "xlm-roberta-bpe": ("xlm-roberta", {"sentencepiece.bpe.model": pieces(model_type="bpe", unk_id=0, bos_id=1, eos_id=2, pad_id=-1)}, None),
        "camembert": ("camembert", {"sentencepiece.bpe.model": like_xlm}, {}),
        "mbart": ("mbart", {"sentencepiece.bpe.model": like_xlm}, {"src_lang": "ro_RO"}),
        "pegasus": ("pegasus", {"spiece.model": like_t5}, {}),
        "t5": ("t5", {"spiece.model": like_t5}, {"extra_ids": 10}),
        "mt5-not-legacy": ("mt5", {"spiece.model": like_t5}, {"extra_ids": 0, "legacy": False}),
        "deberta-v2": ("deberta-v2", {"spm.model": like_deberta}, {"do_lower_case": True}),
        "llama": ("llama", {"tokenizer.model": like_llama}, {"tokenizer_class": "LlamaTokenizer", "legacy": True, "add_eos_token": True}),
    }


def write_folders():
    for name, (model_type, files, settings) in folders().items():
        folder = os.path.join(HERE, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        given = {**files, "config.json": {"model_type": model_type}, **({} if settings is None else {"tokenizer_config.json": settings})}
        for file, content in given.items():
            with open(os.path.join(folder, file), "wb") as out:
                text = content if isinstance(content, (str, bytes)) else json.dumps(content, ensure_ascii=False) + "\n"
                out.write(text if isinstance(text, bytes) else text.encode())


def read(name, use_fast):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(os.path.join(HERE, name), use_fast=use_fast)
    one = lambda encoded: [encoded["input_ids"], encoded.get("token_type_ids")]
    return {"texts": [one(tokenizer(text)) for text in TEXTS], "pairs": [one(tokenizer(*pair)) for pair in PAIRS]}


def read_all(path):
    import transformers

    kinds = [True] if transformers.__version__.startswith("5") else [True, False]
    names = sorted(entry for entry in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, entry)))
    with open(path, "w") as out:
        json.dump({name: [read(name, fast) for fast in kinds] for name in names}, out)


def merge(old_path, new_path):
    old, new = (json.load(open(path)) for path in (old_path, new_path))

    def chosen(fast, slow, latest):
        ids = latest[0] if latest[0] in (fast[0], slow[0]) else fast[0] if fast[0] == slow[0] else None
        if ids is None:
            return None
        types = next(one[1] for one in (fast, slow, latest) if one[0] == ids)
        return [ids, types or [0] * len(ids)]

    folders = {}
    for name, (fast, slow) in old.items():
        (latest,) = new[name]
        folders[name] = {kind: [chosen(*three) for three in zip(fast[kind], slow[kind], latest[kind])] for kind in ("texts", "pairs")}
    lines = [f"{json.dumps(name)}: {json.dumps(reference, separators=(',', ':'))}" for name, reference in folders.items()]
    with open(os.path.join(HERE, "references.json"), "w") as out:
        out.write(f'{{"texts": {json.dumps(TEXTS)},\n"pairs": {json.dumps(PAIRS)},\n"folders": {{\n' + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"folders": write_folders, "read": read_all, "merge": merge}[command](*arguments)
