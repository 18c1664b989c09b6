"""`/api/v1`: everything that pages show and do, for programs. Its description is at `/api/v1/openapi.json`."""

from autoscan.web.apiv1 import creating, events, overview, scans, servers
from autoscan.web.apiv1.blueprint import blueprint

__all__ = ["blueprint", "creating", "events", "overview", "scans", "servers"]
