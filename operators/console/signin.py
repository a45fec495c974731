"""The sign-in page of staff: by e-mail, whatever else the product's apps offer."""

from typing import Any

from allauth.account.fields import EmailField
from allauth.account.forms import LoginForm


class StaffSignIn(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailField()
