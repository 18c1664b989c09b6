"""One line per record, for people or for machines, with the same keys and without a secret."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from autoscan.logs.context import request_id
from autoscan.logs.redaction import Redactor

#: What a record may carry by `extra=`: one line per transition, always with the same keys.
KEYS = ("scan", "path", "server", "state", "attempt", "request_id")

#: Control characters, and the two separators that some viewers break lines at: a path must not forge a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[^\s\"'=()]+")


class _Formatter(logging.Formatter):
    """What both formats share."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def _message(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - whatever an argument's __str__ raises, the line is worth having
            message = f"{record.msg} (its arguments do not fit)"
        return self._redact(message)

    def _traceback(self, record: logging.LogRecord) -> str:
        """Return the traceback, "" without one. `record.exc_text` is left alone: other handlers would print it."""
        parts = [self.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
        if record.stack_info:
            parts.append(self.formatStack(record.stack_info))
        return self._redact("\n".join(parts))

    def _extras(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the keys of the house that have a value."""
        found = {key: getattr(record, key, None) for key in KEYS}
        found["request_id"] = found["request_id"] or request_id.get()
        return {key: self._masked(value) for key, value in found.items() if value not in (None, "", 0)}

    def _masked(self, value: object) -> object:
        return value if isinstance(value, int | float) else self._redact(str(value))


class TextFormatter(_Formatter):
    """For people: time, level, process, logger, message, and the keys in parentheses."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; further lines (of a traceback) are indented."""
        moment = datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(sep=" ", timespec="milliseconds")
        head = f"{moment} {record.levelname:<8} [{record.process}] {record.name}: "
        extras = " ".join(f"{key}={_quoted(value)}" for key, value in self._extras(record).items())
        parts = [self._message(record) + (f" ({extras})" if extras else "")]
        if trace := self._traceback(record):
            parts.append(trace)
        body = _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", "\n".join(parts))
        return _writable(head + body.rstrip("\n").replace("\n", "\n    "))


class JsonFormatter(_Formatter):
    """For machines: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as ASCII, so that no character can break a line or an encoding."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": self._message(record),
            **self._extras(record),
        }
        if trace := self._traceback(record):
            line["exception"] = trace
        return json.dumps(line)


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _writable(text: str) -> str:
    """Return `text` without lone surrogates, which no file takes; a path of undecodable bytes has them."""
    return text.encode(errors="backslashreplace").decode()
