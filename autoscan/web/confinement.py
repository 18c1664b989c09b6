"""Keep what is asked for by hand below ALLOWED_ROOTS."""

from autoscan.errors import BadRequestError
from autoscan.model import Event
from autoscan.paths import clean, covers
from autoscan.web.context import here

#: Paths that a refusal names; a pasted listing may have a thousand.
_NAMED = 3


def refuse_outside(event: Event, source: str) -> None:
    """Raise `BadRequestError` for a manual `event` with a path outside, both as received and as mapped."""
    problem = why_refused(event, source)
    if problem:
        raise BadRequestError(f"{problem}; nothing was queued")


def why_refused(event: Event, source: str) -> str:
    """Return why a manual `event` would be refused, `""` if it would be taken.

    The text names the roots: who reads it has shown the password, or knows the webhook's address.
    """
    autoscan = here()
    roots = autoscan.settings.allowed_roots
    if not roots or event.app != "manual":
        return ""
    plan = autoscan.intake.plan(event, source, autoscan.clock.now())
    outside = [path.path for path in plan.paths if not (_inside(path.path, roots) or _inside(path.mapped, roots))]
    named = ", ".join(outside[:_NAMED]) + (f" and {len(outside) - _NAMED} more" if len(outside) > _NAMED else "")
    return f"Outside of ALLOWED_ROOTS ({', '.join(roots)}): {named}" if outside else ""


def _inside(path: str, roots: tuple[str, ...]) -> bool:
    return any(covers(root, clean(path)) for root in roots)
