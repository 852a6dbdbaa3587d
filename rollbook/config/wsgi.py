"""Pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollbook.config.settings")
os.environ["SERVES_PAGES"] = "1"
application = get_wsgi_application()
