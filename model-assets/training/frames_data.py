"""The pairs that the frames model is trained on: a sentence, and its frame such as `PlayMusic(artist=Miles Davis, genre=jazz)`."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy

import corpora
from piece_vectors import SPACE
from slots_data import OPEN_SLOTS

IGNORED = -100

# Slots whose values are titles: any few words can be one.
TITLE_SLOTS = {"album", "entity_name", "movie_name", "object_name", "playlist", "track"}

# Slots that are known by their place, whatever their words are.
NAME_SLOTS = TITLE_SLOTS | {
    "artist", "city", "geographic_poi", "location_name", "poi", "restaurant_name", "served_dish",
}

# Names of which the last word tells what they are the name of ("Weir Farm National Historic Site").
TOLD_BY_LAST_WORD = {"geographic_poi", "location_name", "poi", "restaurant_name", "served_dish"}

# Shares of the values of such slots that are made up: of words of other corpora, of pieces of the vocabulary, of the letters of two values.
FOREIGN_SHARE = {**dict.fromkeys(NAME_SLOTS, 0.1), **dict.fromkeys(TITLE_SLOTS, 0.2), "artist": 0.06}
PIECES_SHARE = 0.15
BLENDED_SHARE = 0.08
HALVES_SHARE = {"artist": 0.35}

SMALL_WORDS = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


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


def runs_of_words(datasets: Path) -> list[list[str]]:
    """Stretches of plain words in texts that are not about requests; parts of them pass for titles."""
    texts = corpora.texts(corpora.read(datasets, "sentiment_mix", "train"))
    runs = [run.split() for text in texts for run in re.split(r"[^A-Za-z' ]+", text)]
    return [run for run in runs if len(run) > 1]


def pieces_of_words(vocabulary: dict[str, int]) -> list[str]:
    return sorted({token for token in (token.replace(SPACE, "") for token in vocabulary) if token.isalpha() and len(token) > 1})


def titled(words: list[str]) -> list[str]:
    return [word if at and word in SMALL_WORDS else word[:1].upper() + word[1:] for at, word in enumerate(words)]


class Augmenter:
    """Some values are made of `runs`, stretches of words, and of `pieces` of words, so that a value is copied, not remembered."""

    def __init__(self, sentences: list[Sentence], runs: list[list[str]], pieces: list[str]):
        self.runs, self.pieces = runs, pieces
        self.values: dict[str, list[str]] = {}
        for sentence in sentences:
            for start, end, slot in sentence.spans:
                self.values.setdefault(slot, []).append(sentence.text[start:end])
        self.distinct = {slot: sorted(set(values)) for slot, values in self.values.items()}

    def known(self, slot: str, rng: random.Random) -> list[str]:
        """Words of a value: by how often it occurs, or each as often, so that rare ones are met too."""
        return rng.choice((self.values if rng.random() < 0.5 else self.distinct)[slot]).split()

    def foreign(self, slot: str, count: int, rng: random.Random) -> list[str]:
        """So many words of other corpora: in a row for a title, from anywhere for another name."""
        if slot not in TITLE_SLOTS:
            words = [rng.choice(rng.choice(self.runs)) for _ in range(count)]
            return [word.capitalize() for word in words] if rng.random() < 0.5 else words
        run = rng.choice(self.runs)
        start = rng.randrange(max(1, len(run) - count + 1))
        words = run[start : start + count]
        while len(words) > 1 and words[-1].lower() in SMALL_WORDS:
            words.pop()
        return titled(words) if rng.random() < 0.6 else words

    def pieced(self, count: int, rng: random.Random) -> list[str]:
        """So many words of pieces that are each as likely: a piece that begins few words is else hardly ever copied in the form that it has there."""
        words = ["".join(rng.choice(self.pieces) for _ in range(rng.choice((1, 1, 2)))) for _ in range(count)]
        words = [word[:1].upper() + word[1:] for word in words] if rng.random() < 0.3 else words
        return [*words, rng.choice(words)] if rng.random() < 0.1 else words

    def blended(self, slot: str, words: list[str], rng: random.Random) -> list[str]:
        """Each word with the second half of a word of another value: a name that nobody has seen, of letters as such names have them."""
        blend = []
        for word in words:
            other = rng.choice(self.known(slot, rng))
            both = len(word) > 3 and len(other) > 3 and word.isalpha() and other.isalpha()
            blend.append(word[: (len(word) + 1) // 2] + other[len(other) // 2 :].lower() if both else word)
        return blend

    def value(self, slot: str, rng: random.Random) -> str:
        """One of the slot's values; now and then made-up words, two halves, or other case."""
        words, made = self.known(slot, rng), rng.random()
        share = FOREIGN_SHARE.get(slot, 0)
        kept = words[-1:] if slot in TOLD_BY_LAST_WORD and len(words) > 1 else []
        count = len(words) - len(kept)
        if made < share:
            words = self.foreign(slot, count, rng) + kept
        elif slot in NAME_SLOTS and made < share + PIECES_SHARE:
            words = self.pieced(count, rng) + kept
        elif slot in NAME_SLOTS and made < share + PIECES_SHARE + BLENDED_SHARE:
            words = self.blended(slot, words[:count], rng) + kept
        elif len(words) > 1 and rng.random() < HALVES_SHARE.get(slot, 0.15):
            other = self.known(slot, rng)
            words = words[: rng.randint(1, len(words) - 1)] + other[rng.randint(0, len(other) - 1) :]
        case = rng.random()
        if case < 0.15:
            words = [word[:1].upper() + word[1:] for word in words]
        return " ".join(words).lower() if 0.15 <= case < 0.25 else " ".join(words)

    def everyday(self, rng: random.Random) -> Sentence:
        """Music of a genre by somebody: Snips hardly asks for that, and what stands before "by" is else the name of a track or album."""
        genre, artist, service = (" ".join(self.known(slot, rng)) for slot in ("genre", "artist", "service"))
        start = rng.choice(("play some ", "Play some ", "play ", "I want to hear some ", "put on some ", "Play me some "))
        parts = [(start, None), (genre, "genre"), (rng.choice((" by ", " by ", " from ")), None), (artist, "artist")]
        return joined([*parts, (" on ", None), (service, "service")] if rng.random() < 0.5 else parts, "PlayMusic")

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
