"""Translate HTTP into calls of the rooms below, and their answers back."""

from autoscan.web.application import create_app

__all__ = ["create_app"]
