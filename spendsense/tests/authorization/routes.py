"""What there is to call, asked of the URLconf itself: every method of every pattern that a request can reach."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.views.generic import RedirectView
from django.views.generic.edit import ProcessFormView

METHODS = ("get", "post", "put", "patch", "delete")
CALLABLE_WITH = {"health": ["GET"], "ready": ["GET"], "metrics": ["GET"]}  # functions that say so in a decorator
NAMED = re.compile(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>")
GIVEN = ("00000000-0000-0000-0000-000000000007", "7", "1-x", "accounts")  # what may stand in a path


def operations() -> set[str]:
    """`GET /api/users/{}`; a view that only sends elsewhere is none, and neither is what another pattern covers."""
    found = set()
    for route, view in _patterns(get_resolver().url_patterns):
        path = "/" + re.sub(r"[$^]|/\?", "", NAMED.sub("{}", route))
        if sends_elsewhere(view) or not reached(path, view):
            continue
        found |= {f"{method} {path}" for method in _methods(path, view)}
    return found


def nameless(operation: str) -> str:
    return re.sub(r"\{\w*}", "{}", operation)


def sends_elsewhere(view: Any) -> bool:
    return issubclass(getattr(view, "view_class", object), RedirectView) and view.view_class is RedirectView


def reached(path: str, view: Any) -> bool:
    """Whether a request comes here, and not to a pattern that stands before."""
    found = []
    for given in GIVEN:
        with suppress(Resolver404):
            found.append(resolve(path.replace("{}", given)).func)
    assert found, f"Say in GIVEN what {path} may name."
    return view in found


def _patterns(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


def _methods(path: str, view: Any) -> list[str]:
    if actions := getattr(view, "actions", None):
        return [method.upper() for method in METHODS if method in actions]  # once called, a view also names HEAD
    if cls := getattr(view, "view_class", None) or getattr(view, "cls", None):
        # What a form takes by PUT it takes by POST.
        kept = [method for method in METHODS if method != "put" or not issubclass(cls, ProcessFormView)]
        return [method.upper() for method in kept if hasattr(cls, method)]
    if of_page := getattr(view, "methods", None):
        return [method for method in of_page if method != "HEAD"]
    return CALLABLE_WITH.get(view.__name__, ["GET", "POST"])
