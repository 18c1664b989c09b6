"""The subprocess and side door to rclone: have a mount read a folder anew, and decode the names of a crypt remote."""

from autoscan.rclone.cryptdecode import Decoded, Decoder, Encrypted
from autoscan.rclone.refresh import LEFT_ALONE, CacheRefresher

__all__ = ["LEFT_ALONE", "CacheRefresher", "Decoded", "Decoder", "Encrypted"]
