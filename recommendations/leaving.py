"""What this app keeps of a person: what was said to them and why, what they answered, and what they asked."""

from accounts.belongings import Belongings, of_table
from accounts.models.leaving import Scope
from recommendations.models import ChatLog, Feedback, Recommendation, RecordedMove, Trace

BY_STAFF = ("approved_by", "rejected_by", "modified_by")

BELONGINGS = Belongings(
    sections=(
        of_table("recommendations", Recommendation, "created_at, id", ("user_id", *BY_STAFF)),
        of_table("traces", Trace, "created_at, id", ("user_id",)),
        of_table("moves", RecordedMove, "at, id", ("user_id", "actor_id")),
        of_table("feedback", Feedback, "created_at, id", ("user_id",)),
        of_table("chat", ChatLog, "created_at, chat_id", ("user_id", "provider")),
    ),
    tables={
        Scope.ANALYSIS: (
            "review_claims",
            "recommendation_flags",
            "recommendation_feedback",
            "recommendation_moves",
            "decision_traces",
            "recommendations",
            "considerations",
            "chat_logs",
        )
    },
)
