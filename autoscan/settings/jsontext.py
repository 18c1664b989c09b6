"""JSON as people write it: comments, trailing commas and a BOM are fine, and every value knows its line."""

import bisect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

#: Deeper nesting is nobody's configuration, and would end in a RecursionError.
MAX_DEPTH = 50

#: White space, and the mark that Windows puts before a text.
BLANKS = "\ufeff \t\r\n"

_TOKEN = re.compile(
    r"""
      (?P<space>[\s\ufeff]+|//[^\n]*|\#[^\n]*|/\*[\s\S]*?\*/)
    | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
    | (?P<mark>[{}\[\]:,])
    | (?P<word>[^\s{}\[\]:,"'/\#]+)
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?P<float>\.\d*)?|(?P<point>\.\d+))(?P<exponent>[eE][+-]?\d+)?")
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$.-]*")
_WORDS = {"true": True, "false": False, "null": None}
_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class JsonTextError(ValueError):
    """The text is no JSON, even read kindly. The message never repeats the text: it may be a secret."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its place in the text."""

    #: The value as `json.loads` would return it; of a key written twice the last one.
    value: Any
    #: The line of its key, or its own where it has none; from 1.
    line: int = 0
    #: Where the value itself begins and ends, as offsets.
    start: int = 0
    end: int = 0
    #: A number or word as it was spelt.
    text: str = ""
    members: Mapping[str, "Node"] = field(default_factory=dict)
    items: tuple["Node", ...] = ()
    #: Keys of this object that were written more than once.
    doubled: tuple[str, ...] = ()
    #: Whether a comma follows the last member.
    comma: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> Node:
    """Read `text`; raise JsonTextError with the line where it stops being JSON."""
    return _Parser(text).whole()


def parse_object(text: str) -> Node:
    """Read a file that holds one object, or nothing at all, which is an empty one; raise JsonTextError."""
    node = parse(text) if text.strip(BLANKS) else Node(value={})
    if not isinstance(node.value, dict):
        raise JsonTextError(node.line, 'it must hold an object: {"KEY": value, ...}')
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._end = len(text)
        self._tokens = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> Iterator[_Token]:
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise JsonTextError(self._line(at), _stuck(text[at]))
            if match.lastgroup != "space":
                yield _Token(kind=str(match.lastgroup), text=match[0], start=at, end=match.end())
            at = match.end()

    def _line(self, offset: int) -> int:
        return bisect.bisect_left(self._breaks, offset) + 1

    def _error(self, token: _Token, message: str) -> JsonTextError:
        return JsonTextError(self._line(token.start), message)

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _peek(self) -> _Token:
        if self._at < len(self._tokens):
            return self._tokens[self._at]
        return _Token(kind="end", text="", start=self._end, end=self._end)

    def _took(self, mark: str) -> bool:
        token = self._peek()
        if token.kind == "mark" and token.text == mark:
            self._at += 1
            return True
        return False

    def whole(self) -> Node:
        node = self._value(0)
        if self._peek().kind != "end":
            raise self._error(self._peek(), "something follows after the end; is a brace closed too early?")
        return node

    def _value(self, depth: int) -> Node:
        token = self._next()
        if depth > MAX_DEPTH:
            raise self._error(token, f"more than {MAX_DEPTH} levels are nested here")
        if token.text == "{" and token.kind == "mark":
            return self._object(token, depth)
        if token.text == "[" and token.kind == "mark":
            return self._array(token, depth)
        return self._scalar(token)

    def _scalar(self, token: _Token) -> Node:
        if token.kind == "string":
            value: Any = self._string(token)
        elif token.kind == "word":
            value = self._word(token)
        elif token.kind == "end":
            raise self._error(token, "the text ends too early; a closing brace or bracket is missing")
        else:
            raise self._error(token, f"a value is missing before `{token.text}`")
        return Node(value=value, line=self._line(token.start), start=token.start, end=token.end, text=token.text)

    def _object(self, opening: _Token, depth: int) -> Node:
        members: dict[str, Node] = {}
        doubled = []
        comma = False
        while not self._took("}"):
            self._separated("}", first=not members, comma=comma)
            name, node = self._member(depth)
            if name in members:
                doubled.append(name)
            members[name] = node
            comma = self._took(",")
        node = self._closed(opening, {name: member.value for name, member in members.items()})
        return replace(node, members=members, doubled=tuple(doubled), comma=comma)

    def _member(self, depth: int) -> tuple[str, Node]:
        token = self._next()
        name = self._key(token)
        if not self._took(":"):
            raise self._error(token, "a colon is missing after this key")
        return name, replace(self._value(depth + 1), line=self._line(token.start))

    def _array(self, opening: _Token, depth: int) -> Node:
        items: list[Node] = []
        comma = False
        while not self._took("]"):
            self._separated("]", first=not items, comma=comma)
            items.append(self._value(depth + 1))
            comma = self._took(",")
        return replace(self._closed(opening, [item.value for item in items]), items=tuple(items), comma=comma)

    def _separated(self, closing: str, *, first: bool, comma: bool) -> None:
        if not first and not comma:
            raise self._error(self._peek(), f"a comma or `{closing}` is missing before this")

    def _closed(self, opening: _Token, value: Any) -> Node:
        end = self._tokens[self._at - 1].end
        return Node(value=value, line=self._line(opening.start), start=opening.start, end=end)

    def _key(self, token: _Token) -> str:
        if token.kind == "string":
            return self._string(token)
        if token.kind == "word" and _BARE_KEY.fullmatch(token.text):
            return token.text
        raise self._error(token, "a key in double quotes is missing here")

    def _string(self, token: _Token) -> str:
        body = token.text[1:-1]
        if token.text[0] == "'":
            body = re.sub(r"\\.|\"", lambda match: {"\\'": "'", '"': '\\"'}.get(match[0], match[0]), body)
        try:
            return str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            raise self._error(token, "a single backslash; inside quotes write two: `C:\\\\Media`") from None

    def _word(self, token: _Token) -> Any:
        number = _NUMBER.fullmatch(token.text)
        try:
            if number is None:
                return _FLOATS[token.text] if token.text in _FLOATS else _WORDS[token.text.lower()]
            return float(token.text) if any(number.groups()) else int(token.text)
        except KeyError:
            raise self._error(token, "a word without quotes; write text in double quotes") from None
        except ValueError:
            raise self._error(token, "a number with thousands of digits") from None


def _stuck(character: str) -> str:
    """Say why no token begins with `character`."""
    if character in "\"'":
        return "text that is not closed on its line; end it with a quote, and write each backslash twice"
    return "a single slash; a comment begins with `//`, or with `/*` and ends with `*/`"
