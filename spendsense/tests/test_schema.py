"""The published schema: one document for our routes and the sign-in library's."""

import re

import pytest
from django.urls import URLPattern, get_resolver, resolve
from drf_spectacular.generators import SchemaGenerator

# The library routes it for apps too, but the redirect needs a browser's cookie to come back to; it documents neither.
OF_BROWSERS_ONLY = {"/api/auth/app/v1/auth/provider/redirect"}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def routes(resolver, before="/"):
    for pattern in resolver.url_patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield whole
        else:
            yield from routes(pattern, whole)


def test_every_sign_in_route_is_in_the_document_and_nothing_else(document):
    written = {path for path in document["paths"] if path.startswith("/api/auth/")}
    served = {route for route in routes(get_resolver()) if route.startswith("/api/auth/")}
    assert written == served - OF_BROWSERS_ONLY
    for path in written:
        assert resolve(path)


def test_what_is_not_offered_is_not_promised(document):
    said = str(document)
    assert "passkey" not in "".join(document["paths"])
    assert "SignInPasskeySignup" not in said and "_allauth" not in said and "{client}" not in said


def test_every_reference_leads_somewhere_and_the_librarys_have_names_of_their_own(document):
    for kind, name in set(re.findall(r"#/components/(\w+)/(\w+)", str(document))):
        assert name in document["components"][kind], f"{kind} {name}"
    ours = {name for name in document["components"]["schemas"] if not name.startswith("SignIn")}
    assert {"Me", "Problem"} & ours
    assert "SignInUser" in document["components"]["schemas"]


def test_every_operation_has_an_id_of_its_own_and_says_who_may_call(document):
    operations = [said for of_path in document["paths"].values() for said in of_path.values()]
    ids = [said["operationId"] for said in operations]
    assert len(set(ids)) == len(ids)
    schemes = set(document["components"]["securitySchemes"])
    for said in operations:
        assert {name for way in said.get("security", []) for name in way} <= schemes, said["operationId"]
    assert document["paths"]["/api/users/me"]["get"]["security"] == [{"bearer": []}, {"session": []}]
    login = document["paths"]["/api/auth/app/v1/auth/login"]["post"]
    assert (login["operationId"], login["security"]) == ("app_auth_login_post", [{}])
    assert document["paths"]["/api/auth/app/v1/auth/sessions"]["get"]["security"] == [{"sessionToken": []}]
    assert document["paths"]["/api/auth/browser/v1/auth/sessions"]["get"]["security"] == [{"session": []}]


def test_signing_up_asks_for_what_we_ask_for(document):
    assert document["components"]["schemas"]["SignInBaseSignup"]["required"] == ["email"]
    assert set(document["components"]["schemas"]["SignInBaseSignup"]["properties"]) == {"email"}
