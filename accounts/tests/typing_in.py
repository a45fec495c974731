"""Commands as a staff member types them: what they print and how they end."""

import io
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str = ""

    @property
    def lines(self) -> list[str]:
        """How long it took is nobody's promise: every clock reads zero."""
        return re.sub(r"\d+:\d\d:\d\d$", "0:00:00", self.out, flags=re.MULTILINE).splitlines()


def typed(command: str, *words: Any) -> Ended:
    """In this process; a command that was used wrongly says so in `err`."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, *map(str, words), stdout=out, stderr=err)
    except SystemExit as ended:
        return Ended(int(ended.code or 0), out.getvalue(), err.getvalue())
    except CommandError as wrong:
        return Ended(wrong.returncode, out.getvalue(), str(wrong))
    return Ended(0, out.getvalue(), err.getvalue())


def started(command: str, *words: Any) -> "subprocess.Popen[str]":
    """In a process of its own, with the environment of the test; a group of its own, as a terminal makes one."""
    return subprocess.Popen(
        [sys.executable, "manage.py", command, *map(str, words)],
        cwd=settings.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: "subprocess.Popen[str]", seconds: float = 60) -> Ended:
    out, err = process.communicate(timeout=seconds)
    return Ended(process.returncode, out, err)
