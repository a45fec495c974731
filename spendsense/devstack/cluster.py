"""The PostgreSQL data directory of a home: created whole or not at all, read by its own version."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .home import DevstackError, Home, cannot_write
from .launch import Identity, why_not_started

SUPERUSER = "postgres"


@dataclass(frozen=True)
class Cluster:
    """What `initdb` makes, made and kept by one set of binaries under one identity."""

    home: Home
    binaries: Path
    identity: Identity
    env: dict[str, str]

    def prepare(self, *, sync: bool) -> None:
        """Leave a complete data directory, whatever an earlier start left."""
        self._set_aside_the_unfinished()
        if self.home.pgdata.exists():
            self._agree_on_version()
        else:
            self._create(sync=sync)
        if os.geteuid() == 0:
            self._give_to(self.identity.uid or 0)

    def _set_aside_the_unfinished(self) -> None:
        """We rename a finished cluster into place, so an unfinished one came otherwise: keep it, beside."""
        pgdata = self.home.pgdata
        whole = (pgdata / "PG_VERSION").exists() and (pgdata / "global/pg_control").exists()
        if pgdata.exists() and not whole:
            taken = len(list(self.home.path.glob("pgdata.unfinished-*")))
            pgdata.rename(self.home.path / f"pgdata.unfinished-{taken + 1}")

    def _agree_on_version(self) -> None:
        said = subprocess.run([self.binaries / "postgres", "--version"], capture_output=True, text=True).stdout
        found = re.search(r"\d+", said)
        ours = found[0] if found else "of an unknown version"
        theirs = (self.home.pgdata / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise DevstackError(
                f"{self.home.pgdata} was made by PostgreSQL {theirs} and this is PostgreSQL {ours}: set "
                f"SPENDSENSE_PG_BIN to the binaries of {theirs}, or move the directory away to begin anew."
            )

    def _create(self, *, sync: bool) -> None:
        new = self.home.path / "pgdata.new"
        try:
            made = self._initdb(new, "C.UTF-8", sync=sync)
            if "invalid locale" in made.stderr:
                made = self._initdb(new, "C", sync=sync)
            if made.returncode == 0:
                new.rename(self.home.pgdata)
                return
        except OSError as error:
            raise DevstackError(cannot_write(new, error)) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
        said = (made.stderr.strip() or made.stdout.strip() or "nothing").splitlines()
        reason = next((line for line in said if "error" in line.lower() or "fatal" in line.lower()), said[-1])
        raise DevstackError(why_not_started("PostgreSQL", self.home, reason.strip()))

    def _initdb(self, new: Path, locale: str, *, sync: bool) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.identity.uid is not None:
            self.home.path.chmod(0o711)  # that account must reach what it owns in here
            os.chown(new, self.identity.uid, -1)
        options = ["-U", SUPERUSER, "--encoding=UTF8", f"--locale={locale}", "--auth=trust"]
        command = [*self.identity.prefix, str(self.binaries / "initdb"), "-D", str(new), *options]
        if not sync:
            command.append("--no-sync")
        return subprocess.run(command, env=self.env, cwd=self.home.path, capture_output=True, text=True)

    def _give_to(self, uid: int) -> None:
        """Let the account that runs the server own its cluster and its sockets, also when it has changed."""
        if uid:
            self.home.path.chmod(0o711)
        for top in (self.home.pgdata, self.home.sockets):
            if top.stat().st_uid != uid:
                for directory, _, names in os.walk(top):
                    for path in (directory, *(os.path.join(directory, name) for name in names)):
                        os.chown(path, uid, -1, follow_symlinks=False)
