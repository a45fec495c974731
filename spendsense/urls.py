"""Every URL of the product on one screen."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts import providers
from operators.console.enrolment import EnrolSecondFactor
from spendsense import health, problems

# Of the providers' pages only the way back is ours: consumers begin at /api/auth/, staff have their password.
OF_APPS_ONLY = r"^signin/(?:(?:google|github)/login/(?:token/)?$|3rdparty/|social/)"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health", health.health),
    path("ready", health.ready),
    path("metrics", health.metrics),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/auth/", include("accounts.api.guesses")),
    path("api/auth/", include("accounts.api.linking")),
    path("api/auth/", include("allauth.headless.urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("personas.api.urls")),
    path("api/", include("recommendations.api.urls")),
    path("api/", include("operators.api.urls")),
    path("v1/", include("personas.api.v1")),
    path("signin/2fa/totp/activate/", EnrolSecondFactor.as_view(), name="mfa_activate_totp"),
    re_path(r"^signin/login/code/", RedirectView.as_view(pattern_name="account_login")),  # codes by SMS are for apps
    path("signin/google/login/callback/", providers.google_callback, name="google_callback"),
    path("signin/github/login/callback/", providers.github_callback, name="github_callback"),
    re_path(OF_APPS_ONLY, RedirectView.as_view(pattern_name="account_login")),
    path("signin/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    re_path(r"^admin$", RedirectView.as_view(pattern_name="admin:index")),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.broken
