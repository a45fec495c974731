"""A real S3 server for a test: Ceph's gateway over one monitor and one object store in memory, on loopback only."""

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import requests

PROGRAMS = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool")
STARTS_WITHIN = 90.0
ENDS_WITHIN = 10.0

# One copy of everything, no keys between the daemons, nothing written outside the given folder.
CONFIGURATION = """
[global]
fsid = {cluster}
mon host = v1:127.0.0.1:{monitor_port}
mon initial members = a
mon data = {home}/mon
mon data avail crit = 1
mon allow pool size one = true
mon max pg per osd = 1000
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
osd data = {home}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd class load list = *
osd class default list = *
rgw rados pool pg num min = 1
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw crypt require ssl = false
rgw crypt default encryption key = {encryption_key}
keyring = {home}/keyring
run dir = {home}
crash dir = {home}/crash
admin socket =
pid file =
log file = {home}/$name.log
"""


class DidNotStart(Exception):
    """Says which program, and what it said last."""


@dataclass(frozen=True)
class Gateway:
    url: str
    keys: tuple[str, str]


def missing() -> list[str]:
    """The programs of PROGRAMS that are not installed here."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def gateway(home: Path) -> Iterator[Gateway]:
    """Running when entered, ended when left, however the test ends."""
    monitor_port, port = _free_ports(2)
    configuration = home / "ceph.conf"
    configuration.write_text(
        CONFIGURATION.format(
            cluster=uuid4(),
            monitor_port=monitor_port,
            port=port,
            home=home,
            encryption_key=base64.b64encode(os.urandom(32)).decode(),
        )
    )
    for folder in ("mon", "osd", "crash"):
        (home / folder).mkdir()
    (home / "keyring").write_text("")
    ours, store = Gateway(f"http://127.0.0.1:{port}", ("access", "secret")), str(uuid4())
    until = time.monotonic() + STARTS_WITHIN
    with ExitStack() as running:

        def run(program: str, *arguments: str) -> None:
            _finish(home, until, program, "-c", str(configuration), *arguments)

        def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
            command = [program, "-c", str(configuration), "-f", *arguments]
            return running.enter_context(_daemon(home, command))

        _finish(home, until, "monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{monitor_port}]", f"{home}/map")
        run("ceph-mon", "-i", "a", "--mkfs", "--monmap", f"{home}/map")
        start("ceph-mon", "-i", "a")
        run("ceph", "osd", "new", store)
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        start("ceph-osd", "-i", "0")
        keys = ("--access-key", ours.keys[0], "--secret-key", ours.keys[1])
        run("radosgw-admin", "user", "create", "--uid", "test", "--display-name", "test", *keys)
        _answers(home, start("radosgw"), ours.url, until)
        yield ours


@contextmanager
def _daemon(home: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with (home / f"{command[0]}.out").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _finish(home: Path, until: float, *command: str) -> None:
    left = max(until - time.monotonic(), 0.1)
    try:
        done = subprocess.run(command, cwd=home, capture_output=True, timeout=left, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise DidNotStart(f"{command[0]} did not end within {STARTS_WITHIN:.0f} s.") from None
    if done.returncode:
        raise DidNotStart(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")


def _answers(home: Path, process: subprocess.Popen[bytes], url: str, until: float) -> None:
    while process.poll() is None and time.monotonic() < until:
        try:
            requests.get(url, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise DidNotStart(f"The gateway does not answer: {(home / 'radosgw.out').read_text()[-500:]}")


def _free_ports(count: int) -> list[int]:
    """Free at this moment; asked for together, so that they differ."""
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
