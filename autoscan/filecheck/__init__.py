"""Look at media without ever hanging on them: helper processes ask the file system, each look within a time limit."""

from autoscan.filecheck.looks import Listing, Look
from autoscan.filecheck.pool import FileChecker

__all__ = ["FileChecker", "Listing", "Look"]
