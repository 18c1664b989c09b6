"""Write every derived document: the tables of the guides, `.env.example` and the sample configuration.

`python -m autoscan.reference` writes them, `--check` names those that are stale and exits 1. The parts of the
Markdown files stand between cog's marks and call the functions of this module.
"""

import argparse
import functools
import inspect
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any

from autoscan.model import DeliveryState, ScanState
from autoscan.settings import DEFINITIONS, Setting, Status
from autoscan.settings.configfile import as_json, sample
from autoscan.settings.setting import Type
from autoscan.settings.table import file_names

ROOT = Path(__file__).resolve().parents[1]
#: What the image or docker-compose.yml says, whatever stands in `.env`.
IN_IMAGE = frozenset({"PUID", "PGID", "SERVER_IP", "SERVER_PORT"})
GUIDES = ("README.md", "ARCHITECTURE.md", "DEPLOYMENT_GUIDE.md", "docker-compose.yml")
#: Of the help of `scan.py`, and of `.env.example`.
_WIDTH, _LINE = 100, 118

_ENV_HEAD = """\
# Every variable that Autoscan reads, with its default. Copy this file to `.env`, and take the `#` away from what you
# change. A real environment variable counts before this file, this file before config/config.json. An empty one counts
# as unset. Lists and tables are written as JSON, on one line.
"""


def settings_table() -> str:
    """Return the settings as Markdown: a table for each group, then what came from earlier versions."""
    live = [setting for setting in DEFINITIONS if setting.status is Status.USED]
    parts = [_group_table(str(group), list(rows)) for group, rows in groupby(live, key=lambda setting: setting.group)]
    old = [setting for setting in DEFINITIONS if setting not in live]
    rows = ((f"`{setting.name}`", _cell(_sentence(setting.help))) for setting in old)
    return "\n\n".join([*parts, f"### {old[0].group}\n\n{_table(('Key', 'What became of it'), rows)}"])


def _group_table(title: str, settings: Sequence[Setting]) -> str:
    rows = ((f"`{each.name}`", _cell(str(each.type)), _cell(_default(each)), _cell(_help(each))) for each in settings)
    return f"### {title}\n\n{_table(('Key', 'Type', 'Default', 'Meaning'), rows)}"


def _default(setting: Setting) -> str:
    if setting.shown or setting.default == "":
        return setting.shown
    plain = setting.default if isinstance(setting.default, str) else json.dumps(setting.default)
    return f"`{plain}`"


def _help(setting: Setting) -> str:
    choices = f" One of {', '.join(setting.choices)}." if setting.choices and setting.group != "Files" else ""
    files = "".join(f" `{name}` reads it from a file." for name in file_names(setting)[:1] if not setting.nested)
    example = f" Example: `{setting.example}`" if setting.example else ""
    option = f" Command line: `--{setting.option}`." if setting.option else ""
    return _sentence(setting.help) + choices + option + files + example


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def states_table() -> str:
    """Return the states of scans and deliveries as Markdown, explained by the comments in `model.py`."""
    titles = (("A scan", ScanState), ("A delivery, one scan at one server,", DeliveryState))
    return "\n\n".join(f"{title} is\n\n{_table(('State', 'Meaning'), _explained(states))}" for title, states in titles)


def _explained(states: type[StrEnum]) -> Iterator[tuple[str, str]]:
    for comment, value in re.findall(r'((?:^ *#: .*\n)+) *\w+ = "(\w+)"', inspect.getsource(states), re.MULTILINE):
        yield f"`{value}`", _cell(" ".join(re.findall(r"#: (.*)", comment)))


def routes_table(app: Any = None) -> str:
    """Return the routes of the web as Markdown, with the first sentence of each view's docstring."""
    with tempfile.TemporaryDirectory() as folder:
        shown = app or _app(Path(folder))
        rules = [rule for rule in shown.url_map.iter_rules() if not rule.endpoint.endswith("static")]
        rows = sorted({_route(rule, shown.view_functions[rule.endpoint]) for rule in rules})
    return _table(("Route", "Methods", "What it does"), rows)


def _route(rule: Any, view: Callable[..., Any]) -> tuple[str, str, str]:
    methods = sorted(rule.methods - {"OPTIONS", "HEAD"})
    path = re.sub(r"<(?:secret|legacy):\w+>", "<SERVER_PASS>", rule.rule)
    path = re.sub(r"<\w+:(\w+)>", r"<\1>", path)
    about = (inspect.getdoc(view) or "").partition("\n\n")[0].replace("\n", " ")
    return f"`{path}`", ", ".join(methods), _cell(about)


def _app(folder: Path) -> Any:
    """Return the application as it is with no settings at all; nothing of it is used."""
    from autoscan.clock import Clock  # noqa: PLC0415 - the sample files need none of it
    from autoscan.settings import load  # noqa: PLC0415
    from autoscan.web import create_app  # noqa: PLC0415
    from autoscan.wiring import build  # noqa: PLC0415

    return create_app(build(load(environ={}, cwd=folder).settings, Clock()))


def metrics_table() -> str:
    """Return what `/metrics` tells as Markdown: each name with its labels, its kind and its meaning."""
    from autoscan.metrics import page  # noqa: PLC0415 - only the guide needs it

    text = page(_anything()).decode()
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(autoscan\w+)(?:{(.*)})? ", text, re.MULTILINE):
        found.setdefault(re.sub("_(bucket|sum|count)$", "", name), set()).update(re.findall(r'(\w+)="', labels))
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    told = re.findall(r"^# HELP (\w+) (.*)$", text, re.MULTILINE)
    rows = ((_metric(name, found.get(name, set())), kinds[name], _cell(meaning)) for name, meaning in told)
    return _table(("Metric", "Kind", "Meaning"), rows)


def _metric(name: str, labels: set[str]) -> str:
    told = ", ".join(sorted(labels - {"le"}))
    return f"`{name}{{{told}}}`" if told else f"`{name}`"


def _anything() -> Any:
    """Return a state in which every metric has a sample."""
    from datetime import UTC, datetime  # noqa: PLC0415 - only the guide needs it

    from autoscan.metrics import State  # noqa: PLC0415
    from autoscan.metrics.requests import Answered  # noqa: PLC0415
    from autoscan.model.drive import DriveState  # noqa: PLC0415
    from autoscan.model.watching import Figures  # noqa: PLC0415

    counters = {("drive_polls", "My Drive", "ok"): 1}
    nothing: dict[Any, Any] = {}
    figures = Figures(
        counters=counters,
        open_scans={ScanState.WAITING: 1},
        oldest_waiting=None,
        pending=nothing,
        servers=(),
        lost_roots=(),
        warnings=0,
    )
    return State(
        now=datetime(2026, 1, 1, tzinfo=UTC),
        version="3",
        figures=figures,
        answered=Answered(webhooks={("sonarr", "stored"): 1}, buckets={"inf": 1}, seconds=0),
        servers=("plex",),
        drives=(DriveState(drive="", name="My Drive"),),
        last_tick=0.0,
        disk_free=0,
        store_bytes=0,
    )


def cli_help() -> str:
    """Return the help of `scan.py` as Markdown, the same whatever the terminal's width."""
    from autoscan.cli import build_parser  # noqa: PLC0415 - only the guide needs it

    parser = build_parser()
    parser.formatter_class = functools.partial(argparse.HelpFormatter, width=_WIDTH)
    return f"```\n{parser.format_help().strip()}\n```"


def env_example() -> str:
    """Return `.env.example`: every variable, commented out, with its help and default."""
    variables = [setting for setting in DEFINITIONS if setting.status is Status.USED]
    parts = [_ENV_HEAD]
    for group, settings in groupby(variables, key=lambda setting: setting.group):
        rows = [_variable(setting) for setting in settings if not setting.nested]
        parts.append(f"\n# --- {group} ---\n" + "\n".join(rows or [_whole_key(str(group))]))
    parts.append(f"\n# --- {Setting(name='').group} ---\n" + "\n".join(map(_old_variable, _old())))
    return "\n".join(parts) + "\n"


def _variable(setting: Setting) -> str:
    lines = textwrap.wrap(_sentence(setting.help), _LINE, initial_indent="# ", subsequent_indent="# ")
    lines += [f"# Example: {setting.name}={setting.example}"] if setting.example else []
    lines += [f"#{setting.name}={_plain(setting.default)}"]
    lines += [f"#{name}=" for name in file_names(setting)[:1]]
    return "\n".join(lines) + "\n"


def _plain(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def _whole_key(group: str) -> str:
    first = next(setting for setting in DEFINITIONS if setting.nested and setting.group == group)
    return f"# The whole key as one JSON object.\n#{first.top}={{}}\n"


def _old() -> Iterator[Setting]:
    return (each for each in DEFINITIONS if each.status in (Status.ALIAS, Status.OBSOLETE) and not each.nested)


def _old_variable(setting: Setting) -> str:
    return f"# {setting.name}: {setting.help}"


def compose_environment() -> str:
    """Return the variables that docker-compose.yml hands on from `.env`: all but those that the image itself sets."""
    files = {each.name for each in DEFINITIONS if each.type is Type.PATH}
    passed = (each for each in DEFINITIONS if each.status is not Status.OBSOLETE and each.name not in IN_IMAGE)
    found = (
        name
        for each in passed
        if not files & {each.name, each.into}
        for name in (each.top, *(file_names(each)[:1] if not each.nested else ()))
    )
    return "\n".join(f"{name}: ${{{name}:-}}" for name in dict.fromkeys(found))


def documents(root: Path) -> dict[Path, str]:
    """Return what every derived document should hold, by its path below `root`."""
    plain = {root / "config" / "config.json.sample": as_json(sample()), root / ".env.example": env_example()}
    guides = [path for path in (root / name for name in GUIDES) if path.exists()]
    return plain | {path: _cogged(path) for path in guides}


def _cogged(path: Path) -> str:
    from cogapp import Cog  # type: ignore[import-untyped] # noqa: PLC0415 - developers have it, without annotations

    return str(Cog().process_string(path.read_text(encoding="utf-8"), path.name))


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write what is stale, or with `--check` only name it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m autoscan.reference", description="Write the derived documents.")
    parser.add_argument("--check", action="store_true", help="write nothing, name what is stale, exit 1 if anything is")
    check = parser.parse_args(arguments).check
    stale = {path: text for path, text in documents(root).items() if not path.exists() or _read(path) != text}
    for path, text in stale.items():
        print(
            f"{path.relative_to(root)} is stale; `make docs` writes it" if check else f"wrote {path.relative_to(root)}"
        )
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
