"""The wire to a language model that writes persona documents; its words are checked, and it has no silent stand-in."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from prometheus_client import Counter

from accounts.refusals import Refused, Unavailable
from personas import portraits
from personas.portraits import Names, Portrait, Submission, replies
from personas.portraits.replies import NOTING, PORTRAIT, SHAPE, Answer

if TYPE_CHECKING:
    from openai import OpenAI

log = structlog.get_logger("personas.narrator")
asked_total = Counter("portrait_requests_total", "Steps asked of the language model, by what came", ["outcome"])

PROMPT_VERSION = 1
SECONDS, SECONDS_IN_ALL = 20.0, 45.0
RETRIES, PAUSE = 2, 0.5
AT_ONCE = 4
TOKENS_OUT, ANSWER_BYTES = 2_000, 1 << 20
NOTES, NOTES_IN_ALL = 1_500, 24_000
CONDENSED = 48_000  # of older notes, so that a long history costs no more than a fixed step


class Failed(Unavailable):
    code = "PERSONA_GENERATION_FAILED"
    sentence = "The persona could not be written. Nothing was stored; try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


class TokenBudgetExceeded(Refused):
    code = "TOKEN_BUDGET_EXCEEDED"
    sentence = "So much text costs more than one regeneration may. Send less at a time."


@dataclass(frozen=True)
class Notes:
    """What the model noted of one submission, to be kept by prompt version; a regeneration reads it instead."""

    text: str
    model: str
    tokens: int


def chosen() -> bool:
    return bool(settings.PERSON_GENERATOR == "openai")


def model() -> str:
    return str(settings.LANGUAGE_MODEL)[:100]


def portrait(
    submissions: Sequence[Submission], names: Names, notes: Mapping[UUID, str], *, seconds: float = SECONDS_IN_ALL
) -> tuple[Portrait, dict[UUID, Notes]]:
    """The document of all submissions, and notes of those that had none; asked outside of any transaction."""
    texts, excluded = zip(*(portraits.discreet(one.text) for one in submissions), strict=True)
    pieces = {one.id: list(portraits.chunks(text)) for one, text in zip(submissions, texts, strict=True)}
    with _Asking(seconds) as asking:
        new = asking.noted({one: chunks for one, chunks in pieces.items() if one not in notes})
        said = asking.fitting([notes[one] if one in notes else new[one].text for one in pieces])
        document, left_out = asking.written(said, submissions, names)
    tokens_in, tokens_out = map(sum, zip(*asking.spent, strict=True))
    document["_meta"] = portraits.made(
        submissions,
        [portraits.cleaned(one.text) for one in submissions],
        model(),
        PROMPT_VERSION,
        excluded=sum(excluded) + left_out,
        chunks=sum(map(len, pieces.values())),
        tokens=(tokens_in, tokens_out),
    )
    return Portrait(document, model(), PROMPT_VERSION, tokens_in, tokens_out), new


@dataclass
class _Asking:
    """One regeneration: what time and tokens it has left."""

    seconds: float
    spent: list[tuple[int, int]] = field(default_factory=list)  # several steps at once add to it
    _client: "OpenAI" = field(init=False)

    def __enter__(self) -> "_Asking":
        from openai import OpenAI  # only a deployment that has a provider pays for the client

        self._until = time.monotonic() + self.seconds
        self._client = OpenAI(
            api_key=settings.LANGUAGE_MODEL_KEY or "none", base_url=settings.LANGUAGE_MODEL_URL or None, max_retries=0
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def noted(self, pieces: Mapping[UUID, Sequence[str]]) -> dict[UUID, Notes]:
        """One step for every chunk of new text, some at once; whether they fit the budget is known before the first."""
        steps = [(one, chunk) for one, chunks in pieces.items() for chunk in chunks]
        self._affordable(sum(_estimated(NOTING, chunk) for _, chunk in steps))
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="narrator") as pool:
            answers = list(pool.map(lambda step: self._notes([step[1]]), steps))
        found: dict[UUID, list[tuple[str, int]]] = {one: [] for one in pieces}
        for (one, _), answer in zip(steps, answers, strict=True):
            found[one].append(answer)
        return {
            one: Notes("\n".join(text for text, _ in said), model(), sum(tokens for _, tokens in said))
            for one, said in found.items()
        }

    def fitting(self, notes: Sequence[str]) -> list[str]:
        """The newest as they are; the older ones, where all are too long for one step, in a step of their own."""
        kept, left = list(notes), NOTES_IN_ALL
        if sum(map(len, kept)) <= left:
            return kept
        left -= NOTES
        newest: list[str] = []
        while kept and len(kept[-1]) <= left:
            left -= len(kept[-1])
            newest.insert(0, kept.pop())
        older, _ = self._notes(["\n".join(kept)[-CONDENSED:]])
        return [older, *newest]

    def written(
        self, notes: Sequence[str], submissions: Sequence[Submission], names: Names
    ) -> tuple[dict[str, Any], int]:
        """The document as the schema wants it, after one chance to mend it, and how many sentences were left out."""
        said = json.dumps({"notes": notes}, ensure_ascii=False)
        conversation = [{"role": "system", "content": PORTRAIT}, {"role": "user", "content": said}]
        for outcome in ("to mend", "not mended"):
            answer, _ = self._answered(conversation, shape=True)
            document, left_out = replies.document(answer), 0
            if isinstance(document, dict) and isinstance(document.get("meta"), dict):
                portraits.write_known(document, submissions, names)
            problems = portraits.valid(document, written_by_model=True)
            if not problems:
                left_out = replies.keep_discreet(document)
                problems = portraits.valid(document, written_by_model=True)  # a mark is longer than what it stands for
            if not problems:
                return document, left_out
            _told(outcome)
            conversation = [
                *conversation[:2],
                {"role": "assistant", "content": answer},
                {"role": "user", "content": "Write it again and mend this: " + " ".join(problems[:20])},
            ]
        raise Failed

    def _notes(self, texts: Sequence[str]) -> tuple[str, int]:
        said = json.dumps({"texts": texts}, ensure_ascii=False)
        answer, tokens = self._answered([{"role": "system", "content": NOTING}, {"role": "user", "content": said}])
        return replies.noted(answer)[:NOTES], tokens

    def _answered(self, conversation: Sequence[Mapping[str, str]], *, shape: bool = False) -> tuple[str, int]:
        """What the model says, and the tokens that cost; tried again where it is slow, busy or broken."""
        from httpx2 import TransportError  # what its client raises once an answer has begun
        from openai import APIConnectionError, InternalServerError, OpenAIError, RateLimitError

        estimate = _estimated(*(turn["content"] for turn in conversation))
        for attempt in range(1 + RETRIES):
            self._affordable(estimate)
            try:
                content, tokens_in, tokens_out = self._completed(conversation, shape=shape)
            except (APIConnectionError, InternalServerError, RateLimitError, TransportError, TimeoutError) as away:
                _told("away", away)
                time.sleep(min(PAUSE * 2**attempt, self._left()))
                continue
            except (OpenAIError, ValueError) as wrong:
                _told("failed", wrong)
                raise Failed from None  # its words may repeat what it was asked
            spent = (
                estimate if tokens_in is None else tokens_in,
                tokens_out if tokens_out is not None else len(content) // 4,
            )
            self.spent.append(spent)
            _told("said")
            return content, sum(spent)
        raise Failed

    def _completed(self, conversation: Sequence[Mapping[str, str]], *, shape: bool) -> Answer:
        seconds = min(SECONDS, self._left())
        until = time.monotonic() + seconds
        wish: dict[str, Any] = {"response_format": SHAPE} if shape else {}
        create: Any = self._client.with_options(timeout=seconds).chat.completions.with_streaming_response.create
        said = b""
        with create(
            model=settings.LANGUAGE_MODEL, messages=conversation, temperature=0, max_tokens=TOKENS_OUT, **wish
        ) as response:
            for piece in response.iter_bytes():  # a limit of the client's begins anew with every byte
                said += piece
                if time.monotonic() > until:
                    raise TimeoutError
                if len(said) > ANSWER_BYTES:
                    raise ValueError
        return replies.content(said)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Failed
        return left

    def _affordable(self, tokens: int) -> None:
        if sum(map(sum, self.spent)) + tokens > settings.PERSON_TOKEN_BUDGET:
            raise TokenBudgetExceeded


def _estimated(*texts: str) -> int:
    return sum(map(len, texts)) // 4


def _told(outcome: str, failed: Exception | None = None) -> None:
    """By its kind only: what a provider says of a failure may repeat what it was asked."""
    asked_total.labels(outcome).inc()
    if outcome != "said":
        log.warning("narrator", outcome=outcome, kind=type(failed).__name__ if failed else None)
