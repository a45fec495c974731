"""How an act says no: one exception with a code, a sentence, and the kind of no it is."""

from typing import Any


class Refused(Exception):
    """The base of every named error of an act. `code` is for programs, the message is for the person."""

    status = 409
    code = "REFUSED"
    sentence = "This cannot be done."

    def __init__(self, sentence: str | None = None, **extra: Any) -> None:
        super().__init__(sentence or self.sentence)
        self.extra = extra


class NotThere(Refused):
    """Unknown, malformed, or somebody else's: the caller cannot tell which."""

    status = 404
    code = "NOT_FOUND"
    sentence = "There is nothing here."


class Unacceptable(Refused):
    """The input is wrong; sending it again changes nothing."""

    status = 400
    code = "VALIDATION_ERROR"


class ConsentRequired(Refused):
    code = "CONSENT_REQUIRED"
    sentence = "The person has not agreed to this, or no longer agrees."


class Unavailable(Refused):
    """Something we depend on is away; the same request may work in a moment."""

    status = 503
    code = "UNAVAILABLE"
    sentence = "A part of the service is away. Try again in a moment."
