"""Bodies without a length: taken up to the limit, refused beyond it, and never in memory."""

import io
import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from accounts import storage
from accounts.api.receiving import FORM_BYTES
from accounts.models.uploads import MAX_BYTES
from accounts.tests.callers import pair_for
from accounts.tests.factories import consenting
from accounts.tests.senders import EDGE, PLAIN, rows_of, written
from spendsense.chunked import MOST, counted

HEADER = b"account_id,date,amount,merchant\n"
PEAK = """
import resource
from spendsense.chunked import counted


class Endless:
    read_ = 0

    def read(self, size):
        self.read_ += size
        return b"x" * size


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


before, body = peak(), Endless()
answer = counted(lambda environ, _: [environ["CONTENT_LENGTH"].encode()])
(length,) = answer({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": body}, None)
print(int(length), body.read_, peak() - before)
"""


@pytest.fixture
def maya(live_db, own_store):
    return consenting("maya")


def sent(user, body):
    """As a server hands on what came in chunks: without a length, ending where it ends."""
    environ = (
        RequestFactory().post("/api/uploads", headers={"Authorization": f"Bearer {pair_for(user).access}"}).environ
    )
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(body)}
    environ |= {"CONTENT_LENGTH": "", "CONTENT_TYPE": f"multipart/form-data; boundary={EDGE}"}
    started = []
    answer = counted(WSGIHandler())(environ, lambda status, headers: started.append(int(status[:3])))
    return started[0], json.loads(b"".join(answer) or b"{}")


def test_a_statement_in_chunks_is_taken(maya):
    status, told = sent(maya, written(b"a.csv", PLAIN))
    assert (status, told["file_size"]) == (201, len(PLAIN))


@pytest.mark.parametrize("more", [1, 3_000_000])
def test_one_that_is_too_long_is_refused_and_nothing_is_kept(maya, more):
    status, told = sent(maya, written(b"a.csv", HEADER + b"x" * (MAX_BYTES - len(HEADER) + more)))
    assert (status, told["code"]) == (413, "FILE_TOO_LARGE")
    assert rows_of(maya)["data_uploads"] == 0 and list(storage.keys(f"uploads/{maya.pk}")) == []


def test_a_body_without_an_end_is_read_to_the_limit_and_stays_out_of_memory():
    ran = subprocess.run([sys.executable, "-c", PEAK], cwd=settings.ROOT, capture_output=True, text=True, check=True)
    length, read, megabytes = map(int, ran.stdout.split())
    assert FORM_BYTES == MOST < length == read <= MOST + 64 * 1024
    assert megabytes <= 3
