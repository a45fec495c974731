"""A language model that speaks the OpenAI protocol over HTTP and says what a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Say = Callable[["Handler"], None]


class Model(ThreadingHTTPServer):
    """What it heard, and how it answers."""

    daemon_threads = True

    def __init__(self, say: Say) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.say, self.heard, self.released = say, list[dict[str, Any]](), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Model
    question: str

    def do_POST(self) -> None:
        heard = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.question = heard["messages"][-1]["content"]
        self.server.heard.append({"path": self.path, "key": self.headers["Authorization"], **heard})
        self.server.say(self)

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def saying(text: str | None) -> Say:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    made = {"id": "x", "object": "chat.completion", "created": 1, "model": "small", "choices": choices}
    made["usage"] = {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42}
    return lambda handler: handler.answer(json.dumps(made).encode())


def changing(change: Callable[[str], str]) -> Say:
    """Says again what it is asked, a little otherwise."""
    return lambda handler: saying(change(handler.question))(handler)


def failing(status: int) -> Say:
    return lambda handler: handler.answer(b'{"error": {"message": "no"}}', status)


def written(body: bytes, kind: str = "application/json") -> Say:
    return lambda handler: handler.answer(body, kind=kind)


def waiting(handler: Handler) -> None:
    """Says nothing until the test is over."""
    handler.server.released.wait(20)


def stalling(handler: Handler) -> None:
    """Begins to answer, and goes silent in the middle."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.server.released.wait(20)


def hanging_up(handler: Handler) -> None:
    """Begins to answer, and goes away."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


def dripping(handler: Handler) -> None:
    """One byte after the other, so that no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        while not handler.server.released.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass  # the listener has gone


@contextmanager
def speaking(settings: Any, say: Say) -> Iterator[Model]:
    """The product is configured to ask this model."""
    model = Model(say)
    thread = threading.Thread(target=model.serve_forever, daemon=True)
    thread.start()
    settings.LANGUAGE_MODEL, settings.LANGUAGE_MODEL_URL, settings.LANGUAGE_MODEL_KEY = "small", model.url, "a-key"
    try:
        yield model
    finally:
        model.released.set()
        model.shutdown()
        model.server_close()
        thread.join()
