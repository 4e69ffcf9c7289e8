"""Dresses a request as people type it: greetings, politeness, punctuation."""

import random

OPENINGS = (
    "please ;hey ;hi ;hi, ;hello, ;hey there, ;ok ;so ;um ;well ;can you please ;could you please ;i need you to ;"
    "i would like to know ;quick question: ;excuse me, ;yo ;good morning, "
).split(";")
CLOSINGS = " please; thanks; thank you; right now; for me; asap; , please; if you can; today".split(";")
MARKS = ["?", ".", "!", " ?", "??", "..."]


def decorated(text: str, rng: random.Random) -> str:
    """`text` itself half of the time."""
    if rng.random() < 0.5:
        return text
    if rng.random() < 0.15:
        text = rng.choice(OPENINGS) + text
    if rng.random() < 0.1:
        text = text + rng.choice(CLOSINGS)
    if rng.random() < 0.6:
        text = text.rstrip("?.! ") + rng.choice(MARKS)
    return text
