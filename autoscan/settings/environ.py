"""What programs that Autoscan starts for the operator inherit: nothing that could be a secret."""

from autoscan.settings.layers import surroundings

#: Where programs are, whose they are, and how they speak.
_PLAIN = ("PATH", "HOME", "LANG", "TZ")


def plain_environ() -> dict[str, str]:
    """Return the harmless part of this process's environment."""
    environ = surroundings(None, None).environ
    return {name: environ[name] for name in _PLAIN if name in environ}
