"""Statements of every webhook and every idle look, translated once: SQLAlchemy needs longer for each than SQLite does.

A statement stays the one that is made of `tables`; only what it becomes is kept: its text, and the order of its values.
Workers inherit what the arbiter has translated.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Executable, Select

from autoscan.store import connections, dialect
from autoscan.store.connections import Either

_Convert = Callable[[Any], Any]

#: Values that a statement with a list is translated for beforehand: the folders above a path, mostly.
_USUAL = range(13)
_ALL: list["Hot"] = []


def translate_all() -> None:
    """Translate what will be needed."""
    for each in _ALL:
        each.translate()


class _Text(NamedTuple):
    """A statement as the driver takes it."""

    sql: str
    #: Each value's name, in their order, and what makes it fit the database.
    places: Sequence[tuple[str, _Convert | None]]
    #: Values that nobody gives: those of the statement itself, and the columns' defaults.
    constants: Mapping[str, Any]
    #: The names of the single values of the one that is a list.
    listed: Sequence[str]


class Hot:
    """One statement, run inside a transaction of `Store`; values are given by name.

    `columns` are those that an INSERT or UPDATE sets; `several` is the parameter that stands for a list (`IN`).
    """

    def __init__(self, statement: Executable, *, columns: Sequence[str] = (), several: str = "") -> None:
        self._statement: Any = statement
        self._columns = columns
        self._several = several
        #: By the length of the list.
        self._texts: dict[int, _Text] = {}
        self._row: Callable[[Sequence[Any]], Any] | None = None
        _ALL.append(self)

    def translate(self) -> None:
        """Do beforehand what else the first use does."""
        for length in _USUAL if self._several else (0,):
            self._texts[length] = self._translated(length)
        if isinstance(self._statement, Select):
            self._row = _reader(self._statement)

    def run(self, connection: Either, values: Mapping[str, Any]) -> None:
        """Run it once."""
        self._cursor(connection, values).close()

    def run_all(self, connection: Either, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it for each of `rows`."""
        for row in rows:
            self.run(connection, row)

    def new_id(self, connection: Either, values: Mapping[str, Any]) -> int:
        """Insert a row and return its id."""
        return int(self._cursor(connection, values).lastrowid)

    def count(self, connection: Either, values: Mapping[str, Any]) -> int:
        """Run it once and return how many rows it changed."""
        return int(self._cursor(connection, values).rowcount)

    def rows(self, connection: Either, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows that it selects; each has its columns by name."""
        found = self._cursor(connection, values).fetchall()
        if self._row is None:
            self._row = _reader(self._statement)
        return [self._row(row) for row in found]

    def first(self, connection: Either, values: Mapping[str, Any]) -> Any:
        """Return the first row that it selects, None if there is none."""
        return next(iter(self.rows(connection, values)), None)

    def _cursor(self, connection: Either, values: Mapping[str, Any]) -> Any:
        several: Sequence[Any] = values[self._several] if self._several else ()
        text = self._texts.get(len(several))
        if text is None:
            text = self._texts[len(several)] = self._translated(len(several))
        if text.constants or several:
            values = {**text.constants, **values, **dict(zip(text.listed, several, strict=True))}
        given = [values[name] if fit is None else fit(values[name]) for name, fit in text.places]
        return connections.driver(connection).execute(text.sql, given)

    def _translated(self, length: int) -> _Text:
        compiled = self._statement.compile(dialect=dialect.WORDS, column_keys=list(self._columns) or None)
        given: dict[str, Any] = {name: None for name, bind in compiled.binds.items() if bind.required}
        state = compiled.construct_expanded_state(given | ({self._several: [None] * length} if self._several else {}))
        defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
        constants = {name: value for name, value in state.parameters.items() if name not in given} | defaults
        listed = state.parameter_expansion.get(self._several, ())
        fits = {
            name: bind.type.dialect_impl(dialect.WORDS).bind_processor(dialect.WORDS)
            for name, bind in compiled.binds.items()
        }
        return _Text(
            sql=state.statement,
            places=[(name, fits.get(name)) for name in state.positiontup],
            constants={name: value for name, value in constants.items() if name not in listed},
            listed=listed,
        )


def _reader(statement: Executable) -> Callable[[Sequence[Any]], Any]:
    """Return what makes a row of the driver's one with names."""
    if not isinstance(statement, Select):
        raise TypeError("only a SELECT has rows")
    columns = list(statement.selected_columns)
    make = namedtuple("make", [column.key for column in columns])  # type: ignore[misc] # noqa: PYI024 - made of columns
    found = [column.type.dialect_impl(dialect.WORDS).result_processor(dialect.WORDS, None) for column in columns]
    fits = [(number, fit) for number, fit in enumerate(found) if fit is not None]

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for number, fit in fits:
            values[number] = fit(values[number])
        return make._make(values)

    return read
