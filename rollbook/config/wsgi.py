"""Pages."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

from rollbook.operations.launch.supervisor import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollbook.config.settings")
os.environ.setdefault("ROLLBOOK_PROCESS", "web")
die_with_parent()  # the server's workers are processes of its own
application = get_wsgi_application()
resolve("/healthz")  # reads all addresses now, not while the first person waits
gc.collect()
gc.freeze()  # what is loaded by now stays: looking through it again took 50 ms, in the middle of a request
