"""The pages that the head of each page leads to, in their order."""

from dataclasses import dataclass

from flask import current_app, request, url_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry of the navigation."""

    endpoint: str
    label: str
    #: A name of Bootstrap's icons.
    icon: str


PAGES = (
    Page(endpoint="queue.page", label="Queue", icon="list-task"),
    Page(endpoint="history.page", label="History", icon="clock-history"),
    Page(endpoint="servers.page", label="Servers", icon="hdd-stack"),
    Page(endpoint="events.page", label="Events", icon="inbox"),
    Page(endpoint="explain.page", label="Explain", icon="signpost-split"),
    Page(endpoint="pages.page", label="Scan", icon="plus-circle"),
    Page(endpoint="settings.page", label="Settings", icon="sliders"),
)


def entries() -> list[Page]:
    """Return the pages that this application has."""
    return [page for page in PAGES if page.endpoint in current_app.view_functions]


def is_current(page: Page) -> bool:
    """Tell whether the request is for `page`, or for something below it: both are of one blueprint."""
    return request.blueprint == page.endpoint.partition(".")[0]


def start() -> str:
    """Return the address of the page that a log-in leads to."""
    return url_for(entries()[0].endpoint)
