"""Bodies that come in chunks and do not say how long they are: counted on a disk before anybody reads them.

Django takes a request without a Content-Length for an empty one. Counted, it meets the same limits as every other.
"""

from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
IN_MEMORY = PIECE = 64 * 1024
MOST = 10_485_760 + 64 * 1024  # the greatest body that a door takes, known before Django is there


def counted(application: Application) -> Application:
    """What is longer than any door takes is read no further: it is handed on as too long, and refused as such."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
            body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (goes with the request)
            while body.tell() <= MOST and (piece := environ["wsgi.input"].read(PIECE)):
                body.write(piece)
            environ = {**environ, "CONTENT_LENGTH": str(body.tell()), "wsgi.input": body}
            body.seek(0)
        return application(environ, start_response)

    return serve
