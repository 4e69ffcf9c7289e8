"""Writes the same negation in other ways: "doesn't", "does n't", "does not", "doesnt"."""

import random

import numpy

STEMS = "do does did is are was were have has had would could should must need wo ca ai".split()
FULL_FORMS = {"wo": "will not", "ca": "can not", "ai": "is not"}


class Contractions:
    def __init__(self, encoder):
        forms = [self._forms(stem) for stem in STEMS]
        encoded = iter(encoder.ids([form for group in forms for form in group]))
        self.by_first_token: dict[int, list[tuple[list[int], list[numpy.ndarray]]]] = {}
        for group in forms:
            alternatives = [next(encoded)[1:-1] for _ in group]
            for form in alternatives:
                self.by_first_token.setdefault(int(form[0]), []).append((form.tolist(), alternatives))
        for patterns in self.by_first_token.values():
            patterns.sort(key=lambda pattern: -len(pattern[0]))

    @staticmethod
    def _forms(stem: str) -> list[str]:
        return [f"{stem}n't", f"{stem} n't", FULL_FORMS.get(stem, f"{stem} not"), f"{stem}nt"]

    def rewritten(self, tokens: numpy.ndarray, rng: random.Random) -> numpy.ndarray:
        """Every negation in one of its forms at random; the tokens themselves when there is none."""
        source, target, place, changed = tokens.tolist(), [], 0, False
        while place < len(source):
            for pattern, alternatives in self.by_first_token.get(source[place], ()):
                if source[place : place + len(pattern)] == pattern:
                    target.extend(rng.choice(alternatives).tolist())
                    place += len(pattern)
                    changed = True
                    break
            else:
                target.append(source[place])
                place += 1
        return numpy.array(target) if changed else tokens
