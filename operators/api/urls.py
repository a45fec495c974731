"""The routes of people who decide."""

from accounts.api.routing import EitherSlash
from operators.api.alerts import AlertViewSet
from operators.api.analytics import AnalyticsViewSet
from operators.api.annotations import BesideViewSet, FlagViewSet, NoteViewSet, TagViewSet
from operators.api.audit import AccessRecordViewSet, AuditLogViewSet
from operators.api.decisions import DecisionViewSet
from operators.api.evaluation import EvaluationViewSet
from operators.api.leaving import LeavingOfViewSet
from operators.api.queue import DeskViewSet, QueueViewSet
from operators.api.traces import TraceViewSet
from operators.api.users import PeopleViewSet

router = EitherSlash()
router.register("operator/alerts", AlertViewSet, basename="alerts")
router.register("operator/analytics", AnalyticsViewSet, basename="desk-analytics")
router.register("operator/evaluation", EvaluationViewSet, basename="evaluation")
router.register("operator/audit-logs", AuditLogViewSet, basename="audit-logs")
router.register("operator/access-records", AccessRecordViewSet, basename="access-records")
router.register("operator/users", LeavingOfViewSet, basename="leaving-of")
router.register("operator", DeskViewSet, basename="desk")
router.register("operator/recommendations", QueueViewSet, basename="queue")
router.register("operator/users", PeopleViewSet, basename="people")
router.register("operator/recommendations", DecisionViewSet, basename="decisions")
router.register("operator/recommendations", BesideViewSet, basename="beside")
router.register("operator/recommendations", TraceViewSet, basename="traces")
router.register("operator/notes", NoteViewSet, basename="notes")
router.register("operator/tags", TagViewSet, basename="tags")
router.register("operator/flags", FlagViewSet, basename="flags")
urlpatterns = router.urls
