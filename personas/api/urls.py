"""The routes of what the money says about people."""

from accounts.api.routing import EitherSlash
from personas.api.analytics import AnalyticsViewSet
from personas.api.corrections import CorrectionsOfViewSet, CorrectionViewSet
from personas.api.measured import InsightsViewSet, MeasuredOfViewSet, MeasuredViewSet
from personas.api.personas import PersonaViewSet
from personas.api.rulesets import OverrideCaseViewSet, RuleSetViewSet
from personas.api.runs import RunViewSet

router = EitherSlash()
router.register("users", MeasuredViewSet, basename="measured")
router.register("insights", InsightsViewSet, basename="insights")
router.register("corrections", CorrectionViewSet, basename="corrections")
router.register("operator/users", CorrectionsOfViewSet, basename="corrections-of")
router.register("operator/users", MeasuredOfViewSet, basename="measured-of")
router.register("operator/runs", RunViewSet, basename="runs")
router.register("operator/rule-sets", RuleSetViewSet, basename="rule-sets")
router.register("operator/override-cases", OverrideCaseViewSet, basename="override-cases")
router.register("personas/analytics", AnalyticsViewSet, basename="analytics")  # before the ids
router.register("personas", PersonaViewSet, basename="personas")
urlpatterns = router.urls
