"""The sentences that the slot model is trained on: words with BIO tags, values swapped between sentences."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy

import corpora

IGNORED = -100

# Slots whose values are names or open phrases: any value of the slot fits any sentence with the slot.
OPEN_SLOTS = {
    "album", "artist", "city", "country", "cuisine", "entity_name", "facility", "genre", "geographic_poi",
    "location_name", "movie_name", "object_name", "playlist", "poi", "restaurant_name", "served_dish", "service", "state",
    "track", "timeRange", "restaurant_type", "object_location_type", "condition_description", "year", "party_size_number",
}


@dataclass(frozen=True)
class Sentence:
    words: list[str]
    tags: list[str]
    intent: str

    @property
    def text(self) -> str:
        return " ".join(self.words)


def spans_of(tags: list[str]) -> list[tuple[int, int, str]]:
    """(first word, one past the last, label) in order."""
    found = []
    for index, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((index, index + 1, tag[2:]))
        elif tag.startswith("I-"):
            start, _, label = found[-1]
            found[-1] = (start, index + 1, label)
    return found


def read_sentences(datasets: Path, split: str) -> list[Sentence]:
    return [Sentence(row["tokens"], row["tags"], row["intent"]) for row in corpora.read(datasets, "snips", split)]


def tag_names(sentences: list[Sentence]) -> list[str]:
    labels = sorted({tag[2:] for sentence in sentences for tag in sentence.tags if tag != "O"})
    return ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BI"]


def words_of_other_corpora(datasets: Path) -> list[str]:
    """Single words, of which names are made that no sentence of snips has."""
    texts = [row["text"] for folder in ("clinc150", "sentiment_mix") for row in corpora.read(datasets, folder, "train")]
    return sorted({word for text in texts for word in text.split() if word.isalpha()})


class Augmenter:
    """`foreign`: words from which one value in six is made up; what such a value means, its place alone tells."""

    def __init__(self, sentences: list[Sentence], foreign: list[str] = []):
        self.foreign = foreign
        self.values: dict[str, list[list[str]]] = {}
        self.words = [word for sentence in sentences for word in sentence.words]
        for sentence in sentences:
            for start, end, label in spans_of(sentence.tags):
                self.values.setdefault(label, []).append(sentence.words[start:end])

    def value(self, label: str, rng: random.Random) -> list[str]:
        """One of the slot's values, sometimes the beginning of one and the end of another, sometimes with a word changed."""
        value = rng.choice(self.values[label])
        if self.foreign and rng.random() < 1 / 6:
            return [rng.choice(self.foreign) for _ in value]
        if len(value) > 1 and rng.random() < 0.15:
            other = rng.choice(self.values[label])
            value = value[: rng.randint(1, len(value) - 1)] + other[rng.randint(0, len(other) - 1) :]
        if rng.random() < 0.1:
            place = rng.randrange(len(value))
            value = value[:place] + [rng.choice(self.words)] + value[place + 1 :]
        return value

    def varied(self, sentence: Sentence, rng: random.Random, swap: float) -> Sentence:
        """Each open slot gets another value with probability `swap`; punctuation at the end comes or goes."""
        words, tags, done = [], [], 0
        for start, end, label in spans_of(sentence.tags):
            words += sentence.words[done:start]
            tags += sentence.tags[done:start]
            swapped = label in OPEN_SLOTS and rng.random() < swap
            value = self.value(label, rng) if swapped else sentence.words[start:end]
            words += value
            tags += [f"B-{label}"] + [f"I-{label}"] * (len(value) - 1)
            done = end
        words, tags = words + sentence.words[done:], tags + sentence.tags[done:]
        if rng.random() < 0.2 and tags[-1] == "O" and words[-1] in ".?!" and len(words) > 1:
            words, tags = words[:-1], tags[:-1]
        elif rng.random() < 0.1 and words[-1] not in ".?!":
            words, tags = [*words, rng.choice(".?!")], [*tags, "O"]
        return Sentence(words, tags, sentence.intent)


@dataclass(frozen=True)
class Tagged:
    """ids with special tokens; tags by token (IGNORED for special tokens); heads: the first token of each word."""

    ids: numpy.ndarray
    tags: numpy.ndarray
    heads: numpy.ndarray
    intent: int


def tagged(sentences: list[Sentence], encoder, names: list[str], intents: list[str]) -> list[Tagged]:
    """Aligns by character: a word's first token carries its tag, its other tokens the tag that continues it."""
    index = {name: number for number, name in enumerate(names)}
    examples = []
    for sentence, encoding in zip(sentences, encoder.encode([sentence.text for sentence in sentences])):
        firsts, position = [], 0
        for word in sentence.words:
            firsts.append(position)
            position += len(word) + 1
        tags = numpy.full(len(encoding.ids), IGNORED)
        heads, previous = numpy.full(len(sentence.words), -1), -1
        for token in range(1, len(encoding.ids) - 1):
            word = int(numpy.searchsorted(firsts, encoding.starts[token], side="right")) - 1
            tag = sentence.tags[word]
            tags[token] = index[tag if word != previous else tag.replace("B-", "I-")]
            if word != previous:
                heads[word] = token
            previous = word
        examples.append(Tagged(encoding.ids, tags, heads, intents.index(sentence.intent)))
    return examples
