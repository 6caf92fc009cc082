"""Computing: pure Python over arrays and paths. No Django, no Celery, no Redis, no network."""
