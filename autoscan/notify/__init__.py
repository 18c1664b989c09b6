"""Tell people what they have to do something about: each problem once, and its end."""

from autoscan.notify.notifier import Notifier
from autoscan.notify.sending import Sender, digest, scheme, send

__all__ = ["Notifier", "Sender", "digest", "scheme", "send"]
