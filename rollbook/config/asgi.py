"""The event stream. Pages are served by wsgi.py: Django under ASGI costs twice as much and more."""

import os

import django

from rollbook.operations.launch.supervisor import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollbook.config.settings")
die_with_parent()  # the server's worker is a process of its own
django.setup()

from django.conf import settings  # noqa: E402
from django.urls import resolve  # noqa: E402

from rollbook.web.live import Live  # noqa: E402

resolve("/healthz")  # reads all addresses now, not while the first page waits
application = Live(database=os.environ["DATABASE_URL"], origin=settings.PUBLIC_URL)
