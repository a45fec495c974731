"""The routes of dossiers, under the address that their clients know."""

from accounts.api.routing import EitherSlash
from personas.api.dossiers import DossierViewSet

router = EitherSlash()
router.register("person", DossierViewSet, basename="person")
urlpatterns = router.urls
