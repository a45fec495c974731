"""The routes of content and of what is said with it."""

from accounts.api.routing import EitherSlash
from recommendations.api.cards import CardViewSet
from recommendations.api.chat import ChatViewSet
from recommendations.api.recommendations import RecommendationViewSet

router = EitherSlash()
router.register("v1/cards", CardViewSet, basename="cards")
router.register("recommendations", RecommendationViewSet, basename="recommendations")
router.register("chat", ChatViewSet, basename="chat")
urlpatterns = router.urls
