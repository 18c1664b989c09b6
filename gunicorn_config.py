"""Gunicorn's configuration: `gunicorn -c gunicorn_config.py wsgi:app`, run again for each reload (SIGHUP)."""

from autoscan.web.gunicorn import options

globals().update(options())
