"""Asking about one's own money: redact, read, answer from facts, check, and keep what was asked and said."""

from datetime import datetime
from uuid import UUID, uuid4

from accounts import rowsecurity
from accounts.models import User
from accounts.refusals import ConsentRequired
from recommendations import evidence, provider
from recommendations.conversation import Answer, Intent, Known, asked, redacted, stands, told
from recommendations.conversation.answers import CANNOT_SAY
from recommendations.conversation.rewriting import lines, sound
from recommendations.guardrails import DISCLOSURE
from recommendations.models import ChatLog


def ask(*, user: User, message: str, conversation_id: UUID | None, now: datetime) -> ChatLog:
    """Two short transactions with the person's own eyes; nothing is held while a provider is waited for."""
    if not user.consent_status:
        raise ConsentRequired
    text = redacted(message)
    question = asked(text)
    with rowsecurity.viewing(rowsecurity.of(user)):
        question, known = evidence.known(user=user, question=question, today=now.date())
    answer = told(question, known)
    titles = known.titles if known else ()
    passed = sound(answer.text, answer.facts, titles)
    if not passed:
        answer = Answer(CANNOT_SAY)
    written = _by_provider(text, answer, known)
    with rowsecurity.viewing(rowsecurity.of(user)):
        _still_agreed(user)
        return ChatLog.objects.create(
            tenant_id=user.tenant_id,
            user=user,
            conversation_id=conversation_id or uuid4(),
            message=text,
            response=f"{written or answer.text} {DISCLOSURE}",
            citations=[one.as_json() for one in answer.facts],
            intent=question.intent.value,
            guardrails_passed=passed,
            provider=provider.name() if written else None,
            as_of=known.person.as_of if known and question.intent is not Intent.HELP else None,
            created_at=now,
        )


def _still_agreed(user: User) -> None:
    """The row is locked: a revocation that has begun is waited for, and one that comes later takes the log along."""
    agreed = User.objects.select_for_update(no_key=True).filter(pk=user.pk, consent_status=True)
    if not agreed.values_list("pk"):
        raise ConsentRequired


def _by_provider(text: str, answer: Answer, known: Known | None) -> str | None:
    """The same facts in a provider's words, where one is configured and its words hold nothing else."""
    if known is None or not answer.facts or not provider.configured():
        return None
    merchants = {one.name for one in known.spent.by_merchant} if known.spent else set()
    for window in known.person.signals.values():
        merchants |= {one["name"] for one in window.get("subscriptions", {}).get("merchants", ())}
    written = provider.answered(question=text, table=lines(answer.facts))
    return written if written and stands(written, answer.facts, merchants, known.titles) else None
