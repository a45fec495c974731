"""How the API takes a file off the wire: cut one byte after the limit, never trusted to be as long as it says."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.models.uploads import MAX_BYTES
from accounts.refusals import Unacceptable
from accounts.uploads import FileTooLarge

FORM_BYTES = MAX_BYTES + 64 * 1024  # the file, and the few fields around it


class FileMissing(Unacceptable):
    code = "FILE_MISSING"
    sentence = 'Send the statement as the multipart field "file".'


class FormUnreadable(Unacceptable):
    code = "FORM_UNREADABLE"
    sentence = "The form is not valid multipart/form-data, or broke off before its end. Send it again."


class _AtMost(MemoryFileUploadHandler):
    """In memory, because a statement is at most 10 MiB; stops reading where the limit is passed."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MAX_BYTES:
            raise FileTooLarge
        self.file.write(raw_data)


class _Watched:
    """Remembers the end of what was read: Django takes a form that broke off, without the options after its file."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.end = b""

    def read(self, size: int) -> bytes:
        got: bytes = self.stream.read(size)
        self.end = (self.end + got)[-256:]
        return got


class Multipart(MultiPartParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        if request.META.get("HTTP_CONTENT_ENCODING", "identity") not in ("", "identity"):
            raise UnsupportedMediaType(request.META["HTTP_CONTENT_ENCODING"])
        if int(request.META.get("CONTENT_LENGTH") or 0) > FORM_BYTES:
            raise FileTooLarge
        request._request.upload_handlers = [_AtMost(request._request)]
        body: Any = _Watched(stream)
        try:
            form = super().parse(body, media_type, parser_context)
        except RequestDataTooBig:
            raise
        except (ParseError, SuspiciousOperation) as unreadable:
            raise FormUnreadable from unreadable
        boundary = parse_header_parameters(request.META["CONTENT_TYPE"])[1]["boundary"]
        if not body.end.rstrip(b"\r\n").endswith(f"--{boundary}--".encode()):
            raise FormUnreadable
        return form


def file_of(request: Request) -> tuple[str, bytes]:
    """The given name and the bytes of the one file of a form."""
    sent = request.FILES.get("file")
    if sent is None:
        raise FileMissing
    return sent.name or "", sent.read()
