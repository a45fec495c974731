"""The routes of dossiers, under the address that their clients know."""

from accounts.api.routing import EitherSlash
from personas.api.dossiers import DossierViewSet
from personas.api.legacy import LegacyViewSet

router = EitherSlash()
router.register("person", DossierViewSet, basename="person")
router.register("persona", LegacyViewSet, basename="legacy-persona")
urlpatterns = router.urls
