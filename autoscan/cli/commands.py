"""The commands that end by themselves."""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from functools import partial

from autoscan import settings, wiring
from autoscan.cli import addresses, libraries
from autoscan.cli.backing import backup, restore
from autoscan.cli.reading import given, read
from autoscan.cli.telling import notify
from autoscan.clock import Clock


def sections(arguments: Namespace, *, plus: bool) -> int:
    """Show every server's libraries; 1 if there is no server or one could not be asked."""
    loaded = read(arguments)
    autoscan = wiring.build(loaded.settings, Clock(), warnings=loaded.warnings)
    autoscan.store.prepare()
    try:
        targets = autoscan.targets()
        if not targets:
            print(wiring.NO_SERVERS, file=sys.stderr)
        answers = libraries.ask_all(targets, plus=plus)
    finally:
        autoscan.store.dispose()
    libraries.show(answers, plus=plus, as_json=arguments.json)
    return 0 if targets and not any(answer.error for answer in answers) else 1


def update_config(arguments: Namespace) -> int:
    """Add the missing keys to the configuration file and say which."""
    path = settings.config_path(given(arguments))
    added = settings.add_missing(path)
    for name in added:
        print(f"added {name}")
    print(f"{path} is complete" if not added else f"{path}: {len(added)} keys added")
    return 0


def url(arguments: Namespace) -> int:
    """Print the addresses for webhooks, with the secret."""
    found = read(arguments).settings
    print("Webhook (Sonarr, Radarr, Lidarr, Readarr, Whisparr, Bazarr, ...):")
    urls = addresses.webhook_urls(found)
    for each in urls:
        print(f"  {each}")
    print("The same for a named source (SOURCES), here one that is called sonarr:")
    for each in urls:
        print(f"  {each}/sonarr")
    print("Or, with the secret as the password of HTTP Basic (any user name), as X-Api-Key or as Bearer token:")
    for base in addresses.base_urls(found):
        print(f"  {base}/triggers/sonarr")
    return 0


BY_NAME: Mapping[str, Callable[[Namespace], int]] = {
    "sections": partial(sections, plus=False),
    "sections+": partial(sections, plus=True),
    "update_config": update_config,
    "url": url,
    "notify": notify,
    "backup": backup,
    "restore": restore,
}
