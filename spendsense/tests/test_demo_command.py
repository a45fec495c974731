import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import venv
from contextlib import ExitStack
from pathlib import Path

import pytest

from spendsense.demo.programs import Programs
from spendsense.demo.told import for_scripts, report, write_privately
from spendsense.demo.wish import Wish, refuse_taken
from spendsense.devstack import DevstackError, Home, locked, status
from spendsense.devstack.home import PROJECT

GIVEN = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SPENDSENSE_ENV",
    "SPENDSENSE_HOME",
    "PORT",
    "PYTHON",
)
PLAIN = {name: value for name, value in os.environ.items() if name not in GIVEN}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real ./demo and set-up, an empty lock, and a program in the demo's place."""
    checkout = tmp_path / "a checkout"
    (checkout / "spendsense").mkdir(parents=True)
    for name in ("demo", "spendsense/venv.sh"):
        shutil.copy(PROJECT / name, checkout / name)
    (checkout / "requirements.txt").touch()
    (checkout / "spendsense/demo.py").write_text("import os; print('home', os.environ.get('SPENDSENSE_HOME'))")
    return checkout


def run_demo(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([checkout / "demo"], env=PLAIN | environ, cwd=checkout.parent, capture_output=True, text=True)


def python_that(tmp_path: Path, script: str) -> str:
    """A Python that behaves as `script` says before it behaves as this one."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\n{script}\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


def test_an_unsupported_python_is_told_in_one_sentence_and_nothing_is_made(checkout: Path) -> None:
    old = python_that(checkout.parent, 'case "$*" in *version_info*) exit 1 ;; esac')

    ran = run_demo(checkout, PYTHON=old)

    assert ran.returncode == 1
    assert ran.stderr == (
        f"SpendSense needs Python 3.11 or later and {old} is not: install one, or set PYTHON to its path.\n"
    )
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("missing", ["ensurepip", "-m venv"])
def test_a_missing_venv_module_is_told_in_one_sentence_and_nothing_is_made(checkout: Path, missing: str) -> None:
    bare = python_that(checkout.parent, f'case "$*" in *"{missing}"*) echo no venv >&2; exit 1 ;; esac')

    ran = run_demo(checkout, PYTHON=bare)

    assert ran.returncode == 1
    assert ran.stderr in (
        f"{bare} has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv).\n",
        f"{bare} could not create .venv: no venv\n",
    )
    assert not (checkout / ".venv").exists()


def test_a_half_made_venv_is_made_again_once_and_a_whole_one_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/unfinished").write_text("")

    first = run_demo(checkout, PYTHON=sys.executable, SPENDSENSE_HOME="relative")
    made = (checkout / ".venv/pyvenv.cfg").stat().st_mtime_ns
    second = run_demo(checkout, PYTHON="/nowhere")

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[0].startswith("Creating .venv with Python 3.")
    assert first.stdout.splitlines()[1:] == [
        "Installing requirements.txt",
        f"home {checkout.parent}/relative",
    ]
    assert (second.returncode, second.stdout, second.stderr) == (0, "home None\n", "")
    assert (checkout / ".venv/pyvenv.cfg").stat().st_mtime_ns == made


def test_a_second_set_up_beside_the_first_is_refused(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv/unfinished").write_text(f"{os.getpid()}\n")

    ran = run_demo(checkout)

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"Process {os.getpid()} is setting up .venv: wait for it")


def test_pins_that_cannot_be_installed_are_told_and_the_set_up_stays_unfinished(checkout: Path) -> None:
    venv.create(checkout / ".venv", with_pip=False)
    (checkout / "requirements.txt").write_text("pip==0.0 --hash=sha256:" + "0" * 64 + "\n")

    ran = run_demo(checkout)

    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("The pins of requirements.txt could not be installed (see above)")
    assert (checkout / ".venv/unfinished").exists()


def start(home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spendsense.demo"],
        env=PLAIN | {"SPENDSENSE_HOME": str(home)} | environ,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def test_an_occupied_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = start(tmp_path, PORT=str(port))

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"Port {port} of 127.0.0.1 cannot be used (Address already in use): stop what uses it, or set PORT.\n"
    )
    assert not (tmp_path / "pgdata").exists()


def test_a_second_demo_in_one_home_is_told_before_anything_starts(tmp_path: Path) -> None:
    with locked(tmp_path / "demo.lock", seconds=0, busy="unused"):
        ran = start(tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"A demo (process {os.getpid()}) runs in {tmp_path} already: stop it, or set SPENDSENSE_HOME.\n"
    )
    assert status(Home(tmp_path)) == {"postgres": None, "valkey": None}


def test_a_home_that_is_a_file_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ran = start(tmp_path / "file")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"Cannot write to {tmp_path}/file (File exists): set SPENDSENSE_HOME")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PORT": "http"}, "PORT is 'http': set it to a whole number, such as 8000."),
        ({"PORT": "65536"}, "PORT is 65536: set it to a number from 1 to 65535."),
        ({"PORT": "0"}, "PORT is 0: set it to a number from 1 to 65535."),
        ({"DEMO_USERS": "-5"}, "DEMO_USERS is '-5': set it to a whole number, such as 300."),
        (
            {"SPENDSENSE_ENV": "production"},
            "SPENDSENSE_ENV is production here, and the demo writes invented people into its database: "
            "unset it to run the demo.",
        ),
        (
            {"DATABASE_SECRET": "live"},
            "DATABASE_SECRET names a production database: unset it to run the demo.",
        ),
        (
            {"DATABASE_URL": "postgresql://db/shop"},
            "DATABASE_URL is set without DATABASE_OWNER_URL: set that too, to the role that owns the "
            "database and migrates it, or unset both to use the embedded PostgreSQL.",
        ),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told(environ: dict[str, str], said: str) -> None:
    with pytest.raises(DevstackError) as refused:
        Wish.of(environ)

    assert str(refused.value) == said


def test_without_a_word_the_demo_has_300_people_on_port_8000() -> None:
    assert Wish.of({}) == Wish(port=8000, users=300, once=False)
    assert Wish.of({"PORT": "9", "DEMO_USERS": "5", "DEMO_ONCE": "1"}) == Wish(port=9, users=5, once=True)


def test_a_program_that_dies_ends_the_wait_with_its_name_and_its_log(tmp_path: Path) -> None:
    with ExitStack() as lives:
        programs = Programs(tmp_path, PLAIN, lives)
        programs.keep("worker", "-c print('last-words');raise(SystemExit(3))")

        with pytest.raises(DevstackError) as ended:
            programs.wait()

    assert str(ended.value) == f"worker ended (exit code 3); what it said is in {tmp_path}/worker.log."
    assert (tmp_path / "worker.log").read_text() == "last-words\n"


def test_what_the_demo_started_ends_with_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ExitStack() as lives:
        programs = Programs(tmp_path, PLAIN, lives)
        programs.keep("web", f"-m http.server {port} --bind 127.0.0.1 --directory {tmp_path}")
        programs.wait(until_ready=f"http://127.0.0.1:{port}/", seconds=20)
        (web,) = programs.running
        with pytest.raises(DevstackError, match=f"^Port {port} of 127"):
            refuse_taken(port)

    assert web.process.returncode is not None
    refuse_taken(port)


def test_a_failed_step_is_told_with_its_last_words_and_its_log(tmp_path: Path) -> None:
    with ExitStack() as lives, pytest.raises(DevstackError) as failed:
        Programs(tmp_path, PLAIN | {"SPENDSENSE_ENV": "production"}, lives).manage("Dancing", "dance --slowly")

    assert str(failed.value).startswith("Dancing failed; it said: ")
    assert str(failed.value).endswith(f"(all of it is in {tmp_path}/dance.log)")
    assert "dance" in (tmp_path / "dance.log").read_text()


LOGINS = [
    {"role": "operator", "email": "omar@demo.test", "password": "pass word", "totp_secret": "ABC234"},
    {"role": "consumer", "email": "maya@demo.test", "password": "secret", "totp_secret": None},
]


def test_the_report_gives_staff_their_second_factor_and_consumers_none() -> None:
    lines = report("http://127.0.0.1:8000", LOGINS, "12 people measured").splitlines()

    assert "12 people measured" in lines
    assert "  operator   omar@demo.test  password pass word" in lines
    assert "             otpauth://totp/SpendSense%3Aomar%40demo.test?secret=ABC234&issuer=SpendSense" in lines
    assert lines[-1] == "  consumer   maya@demo.test  password secret"


def test_scripts_find_every_address_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    env = {
        "DATABASE_URL": "postgresql://app@h/d",
        "DATABASE_OWNER_URL": "postgresql://own@h/d",
        "REDIS_URL": "unix:///s?db=0",
        "STORAGE_ROOT": "/objects",
    }
    write_privately(tmp_path / "demo.json", "an earlier one")
    write_privately(tmp_path / "demo.json", json.dumps(for_scripts("http://127.0.0.1:8000", LOGINS, env)))

    assert json.loads((tmp_path / "demo.json").read_text()) == {
        "url": "http://127.0.0.1:8000",
        "logins": LOGINS,
        "database_url": "postgresql://app@h/d",
        "owner_database_url": "postgresql://own@h/d",
        "redis_url": "unix:///s?db=0",
        "storage": "/objects",
    }
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    assert for_scripts("", [], env | {"STORAGE": "s3", "DATA_BUCKET": "b"})["storage"] == "s3://b"
