"""`scan.py doctor`: what is right and wrong with servers, mappings, files and this machine, and what to do about it."""

from autoscan.cli.doctor.command import doctor

__all__ = ["doctor"]
