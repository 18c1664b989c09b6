"""The pages for people: a module for each, a template for each; none of them waits for media or servers."""

from autoscan.web.screens import actions, events, explain, history, queue, scan, servers, settings

#: All of them.
BLUEPRINTS = tuple(page.blueprint for page in (queue, scan, history, servers, events, explain, settings, actions))

__all__ = ["BLUEPRINTS"]
