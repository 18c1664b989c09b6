"""`scan.py scan`: the whole job for a few paths, in the foreground and beside the running service."""

from autoscan.cli.scanning.command import scan

__all__ = ["scan"]
