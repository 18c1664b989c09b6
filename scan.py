#!/usr/bin/env python3
"""Autoscan's command line: `python scan.py --help`."""

import sys

from autoscan.cli import main

if __name__ == "__main__":
    sys.exit(main())
