"""Span F1 as conlleval and seqeval count it."""


def spans(tags: list[str]) -> set[tuple[int, int, str]]:
    """(first word, last word, label). An I- that continues nothing of its label begins a span."""
    found, start, label = set(), 0, None
    for index, tag in enumerate([*tags, "O"]):
        continues = tag.startswith("I-") and tag[2:] == label
        if label is not None and not continues:
            found.add((start, index - 1, label))
            label = None
        if tag != "O" and not continues:
            start, label = index, tag[2:]
    return found


def span_f1(gold: list[list[str]], guessed: list[list[str]]) -> float:
    """Micro-averaged, in per cent."""
    correct = wanted = given = 0
    for gold_tags, guessed_tags in zip(gold, guessed):
        gold_spans, guessed_spans = spans(gold_tags), spans(guessed_tags)
        correct += len(gold_spans & guessed_spans)
        wanted += len(gold_spans)
        given += len(guessed_spans)
    return 200 * correct / max(1, wanted + given)
