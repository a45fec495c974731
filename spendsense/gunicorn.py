"""How gunicorn serves: threads, because requests wait for the database and a pool is shared by threads."""

import os
from typing import Any

bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "16"))
worker_class = "gthread"
timeout = 60
graceful_timeout = 10
keepalive = 5
accesslog = None  # spendsense.logs writes one line a request, without personal data


def post_worker_init(worker: Any) -> None:
    """Unsafe settings and an unsafe database role end the server before it answers anything."""
    from django.core.management import call_command

    worker.log.error_log.handlers.clear()  # what gunicorn says of a request goes where all lines go, masked like them
    worker.log.error_log.propagate = True
    call_command("check", databases=["default"], verbosity=0)
