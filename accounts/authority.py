"""Whether somebody still may do what they set out to do, asked inside an act that takes its time."""

from accounts.models import User
from accounts.refusals import Refused


class NoLonger(Refused):
    status = 403
    code = "FORBIDDEN_ROLE"
    sentence = "Your position has changed, and this is not yours to do any more. Nothing was done."


def still(*, by: User, permission: str) -> None:
    """Whoever takes it away waits until the act ends; whoever has lost it in the meantime is refused."""
    now = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=by.pk).first()
    if now is None or not now.has_perm(permission):
        raise NoLonger
