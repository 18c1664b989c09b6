"""From what was written to whom is told of what."""

import re

from autoscan.model.watching import Topic
from autoscan.settings.convert import commas, stripped, written
from autoscan.settings.spot import Spot, every, shown, wrong
from autoscan.settings.values import NotifyTarget, Secret

#: https://github.com/caronc/apprise: each service has a scheme of its own. Some of them have dots or hyphens.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_ADVICE = 'Write ["ntfys://ntfy.sh/my-topic"] or [{"URL": "...", "EVENTS": ["server_down"]}].'


def notify_targets(spot: Spot) -> tuple[NotifyTarget, ...]:
    """Return whom to tell, from a list of URLs and tables; one alone may stand without the brackets.

    A text may hold several URLs with white space between them.
    """
    if isinstance(spot.node.value, list):
        entries = [each for item in every(spot.items(), _entry) for each in item]
    else:
        entries = list(_entry(spot))
    return tuple(entries)


def _entry(spot: Spot) -> tuple[NotifyTarget, ...]:
    if isinstance(spot.node.value, dict):
        return (_table(spot),)
    if not isinstance(spot.node.value, str):
        raise wrong(spot, f"is neither an Apprise URL nor a table with one. {_ADVICE}")
    return tuple(NotifyTarget(url=_url(spot, text), topics=frozenset(Topic)) for text in stripped(spot).split())


def _table(spot: Spot) -> NotifyTarget:
    keys = written(spot, {"URL": lambda inner: _url(inner, stripped(inner)), "EVENTS": _topics})
    if "URL" not in keys:
        raise wrong(spot, f"has no URL. {_ADVICE}")
    return NotifyTarget(url=keys["URL"], topics=keys.get("EVENTS", frozenset(Topic)))


def _url(spot: Spot, text: str) -> Secret:
    if not _URL.fullmatch(text):
        raise wrong(spot, f"is no Apprise URL, which begins like ntfys:// or mailto://. {_ADVICE}")
    return Secret(text)


def _topics(spot: Spot) -> frozenset[Topic]:
    names = [name.lower() for name in commas(spot)]
    strangers = [name for name in names if name not in set(Topic)]
    if strangers:
        raise wrong(spot, f'"{shown(strangers[0])}" is no event. Write some of {", ".join(Topic)}.')
    return frozenset(map(Topic, names)) or frozenset(Topic)
