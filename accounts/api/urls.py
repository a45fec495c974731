"""The routes of people and their data."""

from accounts.api.money import AccountViewSet, TransactionViewSet
from accounts.api.routing import EitherSlash
from accounts.api.uploads import UploadViewSet
from accounts.api.users import MeViewSet

router = EitherSlash()
router.register("users", MeViewSet, basename="users")
router.register("uploads", UploadViewSet, basename="uploads")
router.register("accounts", AccountViewSet, basename="accounts")
router.register("transactions", TransactionViewSet, basename="transactions")
urlpatterns = router.urls
