"""`/explain`: what would happen to a path, and what is missing where nothing would."""

from flask import Response, make_response, render_template

from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("explain")


@blueprint.get("/explain")
def page() -> Response:
    """Show the form, and the way of the path that it names."""
    form = {"path": base.argument("path"), "source": base.argument("source")}
    explainer = here().explainer()
    told = explainer.explain(form["path"], form["source"]) if form["path"] else None
    return make_response(
        render_template(
            "explain.html",
            form=form,
            told=told,
            sources=sorted({*here().settings.sources, *here().queue.sources()}),
            notes=explainer.mapping_warnings(),
        )
    )
