"""The published schema: our paths as clients write them, and beside them the library's routes for signing in."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from allauth.headless import app_settings
from allauth.headless.spec.internal.schema import specify_custom_signup_form, specify_signup_fields, specify_user
from django.urls import Resolver404, resolve

ROOT = "/api/auth"
SOMEBODY = "0f6c0e7b-6a0e-4c53-9d0e-2f0f5b1d9a11"
SESSION_OF = {"app": "sessionToken", "browser": "session"}
SCHEMES = {
    "sessionToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Session-Token",
        "description": "The session of an app, as the answer before gave it in `meta.session_token`.",
    },
}
_COMPONENT = re.compile(r"#/components/(\w+)/(\w+)")
_SESSION = {"$ref": "#/components/parameters/SessionToken"}
_CLIENT = {"$ref": "#/components/parameters/Client"}

Document = dict[str, Any]


def without_trailing_slashes(result: Document, **_: Any) -> Document:
    """A slash at the end is accepted, never needed."""
    result["paths"] = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    return result


def with_sign_in(result: Document, **_: Any) -> Document:
    """The library publishes its own document; what of it stands in our URLs joins ours, under names of its own."""
    paths, components, tags = _sign_in()
    result["paths"] = {**result["paths"], **paths}
    for kind, named in {**components, "securitySchemes": SCHEMES}.items():
        result["components"][kind] = {**result["components"].get(kind, {}), **named}
    result["tags"] = [*result.get("tags", []), *tags]
    return result


@cache
def _sign_in() -> tuple[Document, Document, list[Document]]:
    """Read once: the document is long, and follows from the settings alone."""
    document = yaml.load(files("allauth.headless.spec.doc").joinpath("openapi.yaml").read_text(), yaml.CSafeLoader)
    specify_user(document)
    document["components"]["schemas"]["User"]["properties"]["id"]["example"] = SOMEBODY  # not another at each start
    document["components"]["examples"]["User"]["value"]["id"] = SOMEBODY
    specify_signup_fields(document)
    specify_custom_signup_form(document)
    paths = {}
    for template, operations in document["paths"].items():
        for client in app_settings.CLIENTS:
            path = template.replace("/_allauth", ROOT).replace("{client}", client)
            if path.startswith(f"{ROOT}/{client}/") and _served(path):
                paths[path] = {verb: _operation(path, verb, said, client) for verb, said in operations.items()}
    used = {tag for operations in paths.values() for said in operations.values() for tag in said["tags"]}
    tags = [tag for tag in document["tags"] if tag["name"] in used]
    return _renamed(paths), _renamed(_needed(paths, document["components"]), keys=True), tags


def _served(path: str) -> bool:
    try:
        return bool(resolve(path))
    except Resolver404:
        return False


def _operation(path: str, verb: str, said: Document, client: str) -> Document:
    """One operation of one kind of client: its own id, and the session as a security scheme, not a parameter."""
    given = said.get("parameters", [])
    left = [parameter for parameter in given if parameter not in (_SESSION, _CLIENT)]
    words = path.removeprefix(ROOT).replace("/v1/", "/").strip("/").replace("-", "_").replace("/", "_")
    operation = {"operationId": f"{words}_{verb}", **said, "parameters": left}
    if not left:
        del operation["parameters"]
    operation["security"] = [{SESSION_OF[client]: []}] if _SESSION in given else [{}]
    return operation


def _needed(paths: Document, components: Document) -> Document:
    """The components that these paths name, and those that are named by them."""
    needed: set[tuple[str, str]] = set()
    new = set(_COMPONENT.findall(str(paths)))
    while new:
        needed |= new
        new = {inner for kind, name in new for inner in _COMPONENT.findall(str(components[kind][name]))} - needed
    return {
        kind: {name: said for name, said in named.items() if (kind, name) in needed}
        for kind, named in components.items()
        if any(kind == used for used, _ in needed)
    }


def _renamed(said: Any, *, keys: bool = False) -> Any:
    """Every component of the library's is called SignIn…, so that none is taken for one of ours."""
    if keys:
        return {
            kind: {f"SignIn{name}": _renamed(inner) for name, inner in named.items()} for kind, named in said.items()
        }
    if isinstance(said, dict):
        return {name: _renamed(inner) for name, inner in said.items()}
    if isinstance(said, list):
        return [_renamed(inner) for inner in said]
    return _COMPONENT.sub(r"#/components/\1/SignIn\2", said) if isinstance(said, str) else said
