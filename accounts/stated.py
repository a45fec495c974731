"""What staff write down with an act: why they did it, in a sentence that somebody else can read."""

from accounts.refusals import Unacceptable

SHORTEST, LONGEST = 10, 500


class ReasonInvalid(Unacceptable):
    sentence = f"A note or a reason has {SHORTEST} to {LONGEST} characters."


def worded(text: str) -> str:
    said = text.strip()
    if not SHORTEST <= len(said) <= LONGEST:
        raise ReasonInvalid
    return said
