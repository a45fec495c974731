"""The routes of people and their data."""

from accounts.api.consent import ConsentViewSet
from accounts.api.keys import KeyViewSet
from accounts.api.leaving import ErasureViewSet, ExportFileViewSet, LeavingViewSet
from accounts.api.money import AccountsOfViewSet, AccountViewSet, TransactionsOfViewSet, TransactionViewSet
from accounts.api.routing import EitherSlash
from accounts.api.staff import StaffViewSet
from accounts.api.uploads import UploadsOfViewSet, UploadViewSet
from accounts.api.users import UserViewSet

router = EitherSlash()
router.register("users", UserViewSet, basename="users")
router.register("uploads", UploadViewSet, basename="uploads")
router.register("operator/staff", StaffViewSet, basename="staff")
router.register("operator/api-keys", KeyViewSet, basename="api-keys")
router.register("operator/users", AccountsOfViewSet, basename="accounts-of")
router.register("operator/users", UploadsOfViewSet, basename="uploads-of")
router.register(r"operator/users/(?P<user_id>[^/.]+)/transactions", TransactionsOfViewSet, basename="transactions-of")
router.register("accounts", AccountViewSet, basename="accounts")
router.register("transactions", TransactionViewSet, basename="transactions")
router.register("users/me", LeavingViewSet, basename="leaving")
router.register("exports", ExportFileViewSet, basename="exports")
router.register("erasures", ErasureViewSet, basename="erasures")
router.register("", ConsentViewSet, basename="consent")
urlpatterns = router.urls
