"""The routes of people and their data."""

from rest_framework.routers import SimpleRouter

from accounts.api.money import AccountViewSet, TransactionViewSet
from accounts.api.uploads import UploadViewSet
from accounts.api.users import MeViewSet


class EitherSlash(SimpleRouter):
    """No trailing slash is needed; one is accepted, and nothing is redirected."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = EitherSlash()
router.register("users", MeViewSet, basename="users")
router.register("uploads", UploadViewSet, basename="uploads")
router.register("accounts", AccountViewSet, basename="accounts")
router.register("transactions", TransactionViewSet, basename="transactions")
urlpatterns = router.urls
