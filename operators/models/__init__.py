"""What staff write and do: notes, tags, actions about a person, and evaluations that were run."""

from operators.models.actions import ActionType, OperatorAction
from operators.models.notes import Note, Tag, TagName
from operators.models.reports import EvaluationReport, ReportStatus

__all__ = ["ActionType", "EvaluationReport", "Note", "OperatorAction", "ReportStatus", "Tag", "TagName"]
