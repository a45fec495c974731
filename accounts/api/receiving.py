"""How the API takes a file off the wire: cut one byte after the limit, never trusted to be as long as it says."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.models.uploads import MAX_BYTES
from accounts.refusals import Unacceptable
from accounts.uploads import FileTooLarge

FORM_BYTES = MAX_BYTES + 64 * 1024  # the file, and the few fields around it


class FileMissing(Unacceptable):
    code = "FILE_MISSING"
    sentence = 'Send the statement as the multipart field "file".'


class _AtMost(MemoryFileUploadHandler):
    """In memory, because a statement is at most 10 MiB; stops reading where the limit is passed."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MAX_BYTES:
            raise FileTooLarge
        self.file.write(raw_data)


class Multipart(MultiPartParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        if request.META.get("HTTP_CONTENT_ENCODING", "identity") not in ("", "identity"):
            raise UnsupportedMediaType(request.META["HTTP_CONTENT_ENCODING"])
        if int(request.META.get("CONTENT_LENGTH") or 0) > FORM_BYTES:
            raise FileTooLarge
        request._request.upload_handlers = [_AtMost(request._request)]
        return super().parse(stream, media_type, parser_context)


def file_of(request: Request) -> tuple[str, bytes]:
    """The given name and the bytes of the one file of a form."""
    sent = request.FILES.get("file")
    if sent is None:
        raise FileMissing
    return sent.name or "", sent.read()
