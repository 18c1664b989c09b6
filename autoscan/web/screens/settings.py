"""`/settings`: what is in force, and where it comes from."""

import json
from dataclasses import dataclass
from itertools import groupby

from flask import Response, make_response, render_template

from autoscan.settings import Shown, shown
from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting on the page."""

    name: str
    #: The value as JSON writes it; text stands bare.
    text: str
    origin: str
    later: bool
    help: str


@blueprint.get("/settings")
def page() -> Response:
    """Show every setting, secrets masked."""
    everything = shown(here().settings, here().origins)
    groups = [(group, [_row(each) for each in rows]) for group, rows in groupby(everything, lambda each: each.group)]
    return make_response(render_template("settings.html", groups=groups, obsolete=here().settings_warnings))


def _row(each: Shown) -> Row:
    return Row(name=each.name, text=_text(each.value), origin=each.origin, later=each.later, help=each.help)


def _text(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
