"""The examples that the intent model and its teachers are trained on, out-of-scope ones included."""

import random
from pathlib import Path

import numpy

import corpora
from augment.contractions import Contractions
from augment.requests import decorated
from augment.token_noise import body, cropped, dropped, hidden, replaced, spliced, wrapped
from distillation import NO_LABEL, Example

OUT_OF_SCOPE = "oos"
LONGEST = 128

# Requests of other corpora that none of the 150 intents answers.
SNIPS_OUT_OF_SCOPE = {"RateBook", "SearchCreativeWork", "SearchScreeningEvent"}
BANKING_OUT_OF_SCOPE = {
    "age_limit", "apple_pay_or_google_pay", "automatic_top_up", "country_support", "disposable_card_limits",
    "edit_personal_details", "fiat_currency_support", "get_disposable_virtual_card", "getting_virtual_card",
    "passcode_forgotten", "pending_top_up", "receiving_money", "terminate_account", "top_up_by_bank_transfer_charge",
    "top_up_by_card_charge", "top_up_failed", "top_up_limits", "top_up_reverted", "topping_up_by_card",
    "unable_to_verify_identity", "verify_my_identity", "verify_source_of_funds", "verify_top_up",
    "virtual_card_not_working", "visa_or_mastercard", "why_verify_identity", "cash_withdrawal_charge", "atm_support",
}
REMARKS = 2_500
REQUESTS = 2_000
SPLICES = 2_000
REAL_REPEATS = 6


class IntentData:
    def __init__(self, datasets: Path, encoder, seed: int):
        rows = corpora.read(datasets, "clinc150", "train")
        self.labels = sorted({row["label"] for row in rows} - {OUT_OF_SCOPE}) + [OUT_OF_SCOPE]
        self.out_of_scope = len(self.labels) - 1
        self.encoder, self.seed = encoder, seed
        index = {label: number for number, label in enumerate(self.labels)}
        self.texts = corpora.texts(rows)
        self.gold_labels = [index[row["label"]] for row in rows]
        self.bodies = [body(ids) for ids in encoder.ids(self.texts)]
        self.domains = [row["domain"] for row in rows]
        self.pool = numpy.concatenate(self.bodies)
        self.contractions = Contractions(encoder)
        self.remarks = self._bodies(corpora.texts(corpora.read(datasets, "sentiment_mix", "train")), longest=24)
        snips, banking = corpora.read(datasets, "snips", "train"), corpora.read(datasets, "banking77", "train")
        requests = [row["text"] for row in snips if row["intent"] in SNIPS_OUT_OF_SCOPE]
        requests += 2 * [row["text"] for row in banking if row["label"] in BANKING_OUT_OF_SCOPE]
        self.requests = self._bodies(requests, longest=40)
        self.other = self._bodies(corpora.texts(snips) + corpora.texts(banking), longest=40)

    def _bodies(self, texts: list[str], longest: int) -> list[numpy.ndarray]:
        return [tokens for tokens in map(body, self.encoder.ids(texts)) if 0 < len(tokens) <= longest]

    def gold(self, epoch: int) -> list[Example]:
        """The corpus, half of it dressed as people type; real out-of-scope texts repeated; synthetic ones beside them."""
        rng, noise = random.Random(f"gold {self.seed} {epoch}"), numpy.random.default_rng([self.seed, epoch, 1])
        examples = []
        dressed = self.encoder.ids([decorated(text, rng) for text in self.texts])
        for ids, label in zip(dressed, self.gold_labels):
            for _ in range(REAL_REPEATS if label == self.out_of_scope else 1):
                tokens = self.contractions.rewritten(body(ids), rng) if rng.random() < 0.3 else body(ids)
                if rng.random() < 0.5:
                    tokens = dropped(hidden(tokens, 0.05, noise), 0.07, noise)
                examples.append(Example(wrapped(tokens), label))
        for source, count, weight in ((self.remarks, REMARKS, 0.5), (self.requests, REQUESTS, 0.7)):
            for tokens in rng.sample(source, count):
                tokens = dropped(tokens, 0.05, noise)
                examples.append(Example(wrapped(tokens), self.out_of_scope, weight))
        for _ in range(SPLICES):
            examples.append(Example(wrapped(self._across_domains(rng)), self.out_of_scope, weight=0.3))
        return examples

    def unlabelled(self, epoch: int, count: int) -> list[Example]:
        """Near and beyond the border of the scope; the teachers say which."""
        rng, noise = random.Random(f"soft {self.seed} {epoch}"), numpy.random.default_rng([self.seed, epoch, 2])
        examples = []
        for _ in range(count):
            kind, tokens = rng.random(), rng.choice(self.bodies)
            if kind < 0.25:
                tokens = cropped(tokens, rng)
            elif kind < 0.5:
                tokens = spliced(tokens, rng.choice(self.bodies), rng)
            elif kind < 0.75:
                tokens = replaced(tokens, rng.choice([0.1, 0.2, 0.4]), self.pool, noise)
            else:
                tokens = rng.choice(self.other)
            examples.append(Example(wrapped(tokens[: LONGEST - 2]), NO_LABEL))
        return examples

    def _across_domains(self, rng: random.Random) -> numpy.ndarray:
        while True:
            first, second = rng.randrange(len(self.bodies)), rng.randrange(len(self.bodies))
            if self.domains[first] != self.domains[second]:
                return spliced(self.bodies[first], self.bodies[second], rng)
