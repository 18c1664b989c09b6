"""Statements of every webhook and every idle look, translated once: SQLAlchemy needs longer for each than SQLite does.

A statement stays the one that is made of `tables`; only what it becomes is kept: its text, and the order of its values.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, Select

from autoscan.store import dialect

_Convert = Callable[[Any], Any]


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

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Run it once."""
        self._cursor(connection, values).close()

    def run_all(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it for each of `rows`."""
        for row in rows:
            self.run(connection, row)

    def new_id(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Insert a row and return its id."""
        return int(self._cursor(connection, values).lastrowid)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows that it selects; each has its columns by name."""
        found = self._cursor(connection, values).fetchall()
        if found and self._row is None:
            self._row = _reader(self._statement, connection)
        return [self._row(row) for row in found] if self._row is not None else []

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return the first row that it selects, None if there is none."""
        return next(iter(self.rows(connection, values)), None)

    def _cursor(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        several: Sequence[Any] = values[self._several] if self._several else ()
        text = self._texts.get(len(several))
        if text is None:
            text = self._texts[len(several)] = self._translated(connection, values)
        if text.constants or several:
            values = {**text.constants, **values, **dict(zip(text.listed, several, strict=True))}
        given = [values[name] if fit is None else fit(values[name]) for name, fit in text.places]
        return dialect.driver(connection).execute(text.sql, given)

    def _translated(self, connection: Connection, values: Mapping[str, Any]) -> _Text:
        words = connection.dialect
        compiled = self._statement.compile(dialect=words, column_keys=list(self._columns) or None)
        state = compiled.construct_expanded_state({**values})
        defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
        constants = {name: value for name, value in state.parameters.items() if name not in values} | defaults
        listed = state.parameter_expansion.get(self._several, ())
        fits = {name: bind.type.dialect_impl(words).bind_processor(words) for name, bind in compiled.binds.items()}
        return _Text(
            sql=state.statement,
            places=[(name, fits.get(name)) for name in state.positiontup],
            constants={name: value for name, value in constants.items() if name not in listed},
            listed=listed,
        )


def _reader(statement: Executable, connection: Connection) -> Callable[[Sequence[Any]], Any]:
    """Return what makes a row of the driver's one with names."""
    if not isinstance(statement, Select):
        raise TypeError("only a SELECT has rows")
    columns = list(statement.selected_columns)
    make = namedtuple("make", [column.key for column in columns])  # type: ignore[misc] # noqa: PYI024 - made of columns
    words = connection.dialect
    found = [column.type.dialect_impl(words).result_processor(words, None) for column in columns]
    fits = [(number, fit) for number, fit in enumerate(found) if fit is not None]

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for number, fit in fits:
            values[number] = fit(values[number])
        return make._make(values)

    return read
