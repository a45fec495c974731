"""Pages whose rows are sign-in data: read with the eyes of sign-in, changed by acts, for whoever holds a permission."""

from typing import Any, ClassVar

from django.db.models import Model
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import rowsecurity
from accounts.admin.people import Shown, by


class Administered(Shown):
    permission: ClassVar[str]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return by(request).has_perm(self.permission)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            return rendered(super().changelist_view(request, extra_context))

    def page(self, request: HttpRequest, name: str, title: str, form: Form | None = None, **shown: Any) -> HttpResponse:
        """One of our own pages in the frame of the console."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form}
        return TemplateResponse(request, f"admin/accounts/{name}.html", {**frame, **shown})


def rendered(response: HttpResponse) -> HttpResponse:
    return response.render() if isinstance(response, TemplateResponse) else response
