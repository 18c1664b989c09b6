"""`/settings`: what is in force, and where it comes from."""

import json
from dataclasses import dataclass
from itertools import groupby

from flask import Response, make_response, render_template

from autoscan.settings import Shown, shown
from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("settings")

#: The origin of what nobody set.
DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting on the page."""

    name: str
    #: The value as JSON writes it; text stands bare.
    text: str
    origin: str
    help: str


@blueprint.get("/settings")
def page() -> Response:
    """Show every setting, or those that somebody set; secrets masked."""
    only_set = base.argument("show") == "set"
    rows = [each for each in shown(here().settings, here().origins) if each.origin != DEFAULT or not only_set]
    groups = [(group, [_row(each) for each in some]) for group, some in groupby(rows, lambda each: each.group)]
    return make_response(
        render_template("settings.html", groups=groups, only_set=only_set, obsolete=here().settings_warnings)
    )


def _row(each: Shown) -> Row:
    return Row(name=each.name, text=_text(each.value), origin=each.origin, help=each.help)


def _text(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
