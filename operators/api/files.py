"""Answers that are files, and pages to print."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from rest_framework.request import Request


def attached(text: str, name: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=_named(name))


def streamed(lines: Iterable[str], name: str, kind: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8", headers=_named(name))


def page(request: Request, template: str, shown: Mapping[str, Any]) -> HttpResponse:
    """A page of templates/console, without the console around it."""
    return render(request._request, f"console/{template}.html", dict(shown))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
