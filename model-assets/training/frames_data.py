"""The pairs that the frames model is trained on: a sentence, and its frame such as `PlayMusic(artist=Miles Davis, genre=jazz)`."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy

import corpora
from slots_data import OPEN_SLOTS

IGNORED = -100
FOREIGN_SHARE = 0.25

# Slots that are known by their place, whatever their words are.
NAME_SLOTS = {
    "album", "artist", "city", "entity_name", "geographic_poi", "location_name", "movie_name", "object_name", "playlist",
    "poi", "restaurant_name", "served_dish", "track",
}


@dataclass(frozen=True)
class Sentence:
    """spans are (start, end, slot) in characters of the text, in order."""

    text: str
    spans: list[tuple[int, int, str]]
    intent: str

    @property
    def frame(self) -> str:
        slots = ", ".join(f"{slot}={self.text[start:end]}" for start, end, slot in self.spans)
        return f"{self.intent}({slots})"


def read_sentences(datasets: Path, split: str) -> list[Sentence]:
    sentences = []
    for row in corpora.read(datasets, "snips", split):
        spans = [(span["start"], span["end"], span["label"]) for span in row["spans"]]
        sentences.append(Sentence(row["text"], spans, row["intent"]))
    return sentences


def joined(parts: list[tuple[str, str | None]], intent: str) -> Sentence:
    """A sentence of (text, slot or None) in order."""
    text, spans = "", []
    for part, slot in parts:
        if slot:
            spans.append((len(text), len(text) + len(part), slot))
        text += part
    return Sentence(text, spans, intent)


def parts_of(sentence: Sentence) -> list[tuple[str, str | None]]:
    parts, done = [], 0
    for start, end, slot in sentence.spans:
        parts += [(sentence.text[done:start], None), (sentence.text[start:end], slot)]
        done = end
    return [*parts, (sentence.text[done:], None)]


class Augmenter:
    """`foreign`: words of which some values are made up, so that a value is copied, not remembered."""

    def __init__(self, sentences: list[Sentence], foreign: list[str]):
        self.foreign = foreign
        self.values: dict[str, list[str]] = {}
        for sentence in sentences:
            for start, end, slot in sentence.spans:
                self.values.setdefault(slot, []).append(sentence.text[start:end])

    def value(self, slot: str, rng: random.Random) -> str:
        """One of the slot's values; now and then foreign words, two halves, a changed word or other case."""
        words = rng.choice(self.values[slot]).split()
        if slot in NAME_SLOTS and rng.random() < FOREIGN_SHARE:
            words = [rng.choice(self.foreign) for _ in words]
        elif len(words) > 1 and rng.random() < 0.15:
            other = rng.choice(self.values[slot]).split()
            words = words[: rng.randint(1, len(words) - 1)] + other[rng.randint(0, len(other) - 1) :]
        if slot in NAME_SLOTS and rng.random() < 0.1:
            words[rng.randrange(len(words))] = rng.choice(self.foreign)
        value = " ".join(words)
        case = rng.random()
        return value.title() if case < 0.15 else value.lower() if case < 0.25 else value

    def varied(self, sentence: Sentence, rng: random.Random, swap: float) -> Sentence:
        """Each open slot gets another value with probability `swap`; case and the mark at the end change now and then."""
        parts = [
            (self.value(slot, rng) if slot in OPEN_SLOTS and rng.random() < swap else text, slot)
            for text, slot in parts_of(sentence)
        ]
        case = rng.random()
        if case < 0.1:
            parts = [(text.lower(), slot) for text, slot in parts]
        elif case < 0.3 and parts[0][0]:
            first = parts[0][0]
            parts[0] = ((first[0].upper() if first[0].islower() else first[0].lower()) + first[1:], None)
        last = parts[-1][0]
        if last and last[-1] in ".?!" and rng.random() < 0.3:
            parts[-1] = (last[:-1].rstrip(), None)
        elif not (last and last[-1] in ".?!") and rng.random() < 0.15:
            parts[-1] = (last + rng.choice(".?!"), None)
        return joined(parts, sentence.intent)


@dataclass(frozen=True)
class Pair:
    """Token ids with the end token; tags by source token, IGNORED for the end; the source token that each target token stands for."""

    source: numpy.ndarray
    target: numpy.ndarray
    tags: numpy.ndarray
    places: numpy.ndarray


def slot_tags(sentences: list[Sentence]) -> list[str]:
    return tag_names_of({slot for sentence in sentences for _, _, slot in sentence.spans})


def tag_names_of(slots: set[str]) -> list[str]:
    return ["O"] + [f"{prefix}-{slot}" for slot in sorted(slots) for prefix in "BI"]


def tags_of(sentence: Sentence, starts: numpy.ndarray, index: dict[str, int]) -> numpy.ndarray:
    """A token belongs to the span that its first character after the space stands in."""
    tags, begun = numpy.full(len(starts), IGNORED), set()
    for token, start in enumerate(starts[:-1]):
        place = start + (sentence.text[start : start + 1] == " ")
        slot = next((span for span in sentence.spans if span[0] <= place < span[1]), None)
        tags[token] = index["O"] if slot is None else index[f"{'I' if slot in begun else 'B'}-{slot[2]}"]
        begun.add(slot)
    return tags


def places_of(target: numpy.ndarray, tags: list[str], slots: dict[int, str]) -> numpy.ndarray:
    """A slot stands for the first token of its value, the end of the frame for the end of the sentence; the intent has no place.

    Values are aligned by their ends: a first token that is a lone space is not in the frame.
    """
    places, end = numpy.full(len(target), IGNORED), len(tags) - 1
    begins = [token for token, name in enumerate(tags) if name.startswith("B-")] + [end]
    heads = [token for token, id in enumerate(target) if id in slots] + [len(target) - 2]
    for begin, head, following in zip(begins, heads, heads[1:]):
        last = begin + 1
        while tags[last].startswith("I-"):
            last += 1
        places[head] = begin
        for token in range(head + 1, following):
            places[token] = max(begin, last - (following - token))
    places[-2:] = end
    return places


def pairs_of(sentences: list[Sentence], encoder, names: list[str]) -> list[Pair]:
    index = {name: number for number, name in enumerate(names)}
    encodings = encoder.encode([sentence.text for sentence in sentences] + [sentence.frame for sentence in sentences])
    sources, targets = encodings[: len(sentences)], encodings[len(sentences) :]
    slots = {id: token for token, id in encoder.vocabulary.items() if token.endswith("=") and len(token) > 1}
    pairs = []
    for sentence, source, target in zip(sentences, sources, targets):
        tags = tags_of(sentence, source.starts, index)
        places = places_of(target.ids, [names[tag] if tag >= 0 else "O" for tag in tags], slots)
        pairs.append(Pair(source.ids, target.ids, tags, places))
    return pairs
