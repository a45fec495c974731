"""A question about one's own money and the sentence that answers it: what is asked, what is known, what is said."""

from recommendations.conversation.answers import Answer, told
from recommendations.conversation.intents import Intent
from recommendations.conversation.known import Fact, Known, Spent, Sum
from recommendations.conversation.questions import Question, asked
from recommendations.conversation.redaction import redacted
from recommendations.conversation.rewriting import stands

__all__ = ["Answer", "Fact", "Intent", "Known", "Question", "Spent", "Sum", "asked", "redacted", "stands", "told"]
