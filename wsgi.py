"""The WSGI application for any server: `wsgi:app`. `python wsgi.py` serves as `scan.py server` does."""

import sys

from autoscan.web.worker import Application

app = Application()

if __name__ == "__main__":
    from autoscan.cli import main

    sys.exit(main(["server", *sys.argv[1:]]))
