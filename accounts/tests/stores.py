"""Objects of a test on an S3 server, as the settings would name it, and files posted to a form by a stranger."""

import os
from importlib import import_module
from typing import Any

import requests
from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from accounts import storage


def on_s3(
    settings: Any,
    monkeypatch: Any,
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    keys: tuple[str, str] = ("access", "secret"),
) -> None:
    """The options are those that the settings module gives under STORAGE=s3, so that they are tested too."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])
    declared = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    for name, value in (("STORAGE", "s3"), ("S3_ENDPOINT_URL", endpoint), ("S3_REGION", region)):
        monkeypatch.setattr(declared, name, value)
    settings.STORAGE = "s3"
    settings.STORAGES = {
        **settings.STORAGES,
        storage.DATA: declared._objects(settings.DATA_BUCKET),
        storage.ANALYTICS: declared._objects(settings.ANALYTICS_BUCKET),
    }


def posted(url: str, fields: dict[str, str], data: bytes, **changed: str) -> int:
    """What a client that is not signed in gets for a form with its file; the status of the answer."""
    fields = {**fields, **changed}
    if url.startswith("http://testserver"):
        file = ContentFile(data, name="statement.csv")
        return APIClient().post(url, {**fields, "file": file}, format="multipart").status_code
    return requests.post(url, data=fields, files={"file": ("statement.csv", data)}, timeout=30).status_code
