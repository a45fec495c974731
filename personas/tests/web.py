"""Real servers on this machine behind the names and public addresses that a test gives them."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PUBLIC = "93.184.216.34"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append((self.path, dict(self.headers)))
        self.server.say(self)

    def answer(self, body=b"", status=200, kind="text/html", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, say):
        super().__init__(("127.0.0.1", 0), Handler)
        self.say, self.heard, self.released = say, [], threading.Event()


real_resolve = socket.getaddrinfo


class Web:
    """Real servers on this machine behind names and public addresses; what is connected to is noted."""

    def __init__(self):
        self.names, self.servers, self.connected, self.resolved = {}, {}, [], []

    def serve(self, name, say, address=PUBLIC, tls=None):
        server = Server(say)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.names[name], self.servers[address] = [address], server
        return server

    def resolve(self, host, port, *_, **__):
        self.resolved.append(host)
        if host not in self.names:
            return real_resolve(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in self.names[host]]

    def connect(self, target, timeout=None, **_):
        self.connected.append(target)
        if target[0] not in self.servers:
            raise ConnectionRefusedError
        line = socket.socket()
        line.settimeout(timeout)
        line.connect(self.servers[target[0]].server_address)
        return line

    def close(self):
        for server in self.servers.values():
            server.released.set()
            server.shutdown()
            server.server_close()


@contextmanager
def opened(settings, monkeypatch):
    """Pages may be fetched, from these servers and from nobody else."""
    settings.PERSON_URL_FETCH = True
    made = Web()
    monkeypatch.setattr(socket, "getaddrinfo", made.resolve)
    monkeypatch.setattr(socket, "create_connection", made.connect)
    try:
        yield made
    finally:
        made.close()
