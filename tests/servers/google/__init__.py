"""A simulated Google on a real socket: Drive (API version 3) and the sign-in of users and service accounts."""

from tests.servers.google.fake import FakeGoogle
from tests.servers.google.nodes import DOCUMENT, FOLDER, SHORTCUT, VIDEO, Node

__all__ = ["DOCUMENT", "FOLDER", "SHORTCUT", "VIDEO", "FakeGoogle", "Node"]
