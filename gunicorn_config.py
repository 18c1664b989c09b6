"""Gunicorn's configuration: `gunicorn -c gunicorn_config.py wsgi:app`, run again for each reload (SIGHUP)."""

from autoscan.web.gunicorn import current

globals().update(current.options())
