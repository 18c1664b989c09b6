"""Look at media without ever hanging on them: helper processes ask the file system, each look within a time limit."""

from autoscan.filecheck.looks import Found, Listing, Look, Walk
from autoscan.filecheck.pool import FileChecker

__all__ = ["FileChecker", "Found", "Listing", "Look", "Walk"]
