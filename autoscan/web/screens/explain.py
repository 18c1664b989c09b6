"""`/explain`: what would happen to a path, and what is missing where nothing would."""

from flask import Response, make_response, render_template

from autoscan.errors import BadRequestError
from autoscan.explain import Explanation
from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("explain")


@blueprint.get("/explain")
def page() -> Response:
    """Show the form, and the way of the path that it names."""
    form = {"path": base.argument("path"), "source": base.argument("source")}
    told, problem = _explained(form["path"], form["source"])
    sources = sorted({*here().settings.sources, *here().queue.sources()})
    notes = here().explainer().mapping_warnings()
    shown = render_template("explain.html", form=form, told=told, problem=problem, sources=sources, notes=notes)
    return make_response(shown, 400 if problem else 200)


def _explained(path: str, source: str) -> tuple[Explanation | None, str]:
    """Return what is to be said of a path, or why nothing is."""
    try:
        return (here().explainer().explain(path, source) if path else None), ""
    except BadRequestError as error:
        return None, str(error)
