"""The web process: the only one with a connection pool."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spendsense.settings")
os.environ.setdefault("SPENDSENSE_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

from spendsense.chunked import counted

application = counted(get_wsgi_application())
