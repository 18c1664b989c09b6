"""Lists in pages: how many rows, and where the next page begins."""

from marshmallow import fields, validate

from autoscan.web.apiv1 import fields as field

#: Rows of a page, at most and by default.
MOST, USUAL = 200, 50


class PageQuery(field.Request):
    """Which page of a list."""

    limit = field.whole("Rows at most.", load_default=USUAL, validate=validate.Range(min=1, max=MOST))
    cursor = field.bounded("Where to go on: the `next` of the page before.", 500, load_default="")


def next_page() -> fields.String:
    """Return the field that leads to the next page."""
    return field.text("The cursor of the next page; empty at the end. A page may be short and still have a next one.")
