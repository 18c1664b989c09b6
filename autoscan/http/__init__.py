"""Speak HTTP to a media server: bounded in time and size, never redirected, every failure a typed error."""

from autoscan.http.session import MAX_BODY, Session, odd_answer

__all__ = ["MAX_BODY", "Session", "odd_answer"]
