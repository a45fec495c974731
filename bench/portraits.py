"""A portrait of 50 submissions of 10 KB by the rules, against cleaning and splitting the same text once."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bench.measure import in_turns, table
from personas import portraits
from personas.portraits import Names, Submission, cleaned, sha256
from personas.portraits.sentences import words

SUBMISSIONS, SIZE = 50, 10_000
SAID = [
    "I usually run out of money at the end of the month.",
    "She compares prices before every purchase and decides slowly.",
    "My goal is to build up an emergency fund of $2,000.",
    "Call me in the evening on +44 7700 900123, or write to maya@example.com.",
    "He struggles with late fees and forgets bills.",
    "The weather was fine and nothing much happened otherwise.",
    "They were married in May.",
    "Income varies, some months more than others – the freelancer’s lot.",
]


def submissions() -> list[Submission]:
    chance, made = random.Random(1), []
    for number in range(SUBMISSIONS):
        text = ""
        while len(text) < SIZE:
            text += chance.choice(SAID) + chance.choice([" ", "\n", "\n\n"])
        text = text[:SIZE]
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        made.append(Submission(uuid4(), text, sha256(text), at))
    return made


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 9
    given = submissions()

    def portrait(_: int) -> None:
        assert not portraits.valid(portraits.of(given, Names("Maya")).document)

    def split(_: int) -> None:
        for one in given:
            words(cleaned(one.text).casefold())

    print(f"{SUBMISSIONS} submissions of {SIZE:,} characters, {rounds} rounds after one to warm up")
    table(in_turns({"portrait": portrait, "clean and split": split}, rounds), "clean and split", "ms")
