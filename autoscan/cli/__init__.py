"""The command line: what is typed becomes calls of the rooms below, and their answers what is printed."""

from autoscan.cli.main import main
from autoscan.cli.parser import build_parser

__all__ = ["build_parser", "main"]
