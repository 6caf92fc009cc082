"""WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from analytics.services.monitoring.database_seen import watch_database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsite.settings")
application = get_wsgi_application()
watch_database()

# A web process makes a thousand objects a request, few of which are cyclic, and keeps many pages and items:
# looking through all of them after every 700 new ones is time taken from readers.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
