"""`/api/v1`: scans, events, servers, paths and settings for programs; `/api/v1/openapi.json` describes it."""

from autoscan.web.apiv1 import creating, events, overview, scans, servers
from autoscan.web.apiv1.blueprint import blueprint

__all__ = ["blueprint", "creating", "events", "overview", "scans", "servers"]
