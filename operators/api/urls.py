"""The routes of people who decide."""

from accounts.api.routing import EitherSlash
from operators.api.leaving import LeavingOfViewSet

router = EitherSlash()
router.register("operator/users", LeavingOfViewSet, basename="leaving-of")
urlpatterns = router.urls
