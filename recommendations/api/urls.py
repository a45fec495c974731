"""The routes of content and of what is said with it."""

from accounts.api.routing import EitherSlash
from recommendations.api.cards import CardViewSet

router = EitherSlash()
router.register("v1/cards", CardViewSet, basename="cards")
urlpatterns = router.urls
