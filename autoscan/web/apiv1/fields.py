"""The kinds of fields: what they take is exactly what the document says, no more and no less."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields, validate

#: RFC 3339, section 5.6.
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})",
    re.ASCII,
)


class Request(Schema):
    """What a caller sends; a field that nobody knows is a mistake."""

    #: Fields of which one has to be there.
    at_least_one: ClassVar[tuple[str, ...]] = ()

    class Meta:
        """How marshmallow is to treat it."""

        unknown = RAISE


class Answer(Schema):
    """What a caller gets; every field is always there."""


class Whole(fields.Integer):
    """A whole number as JSON has it: `5` or `5.0`, never `"5"` or `true`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ARG002 - the base asks
        if isinstance(value, bool | str) or (isinstance(value, float) and not value.is_integer()):
            raise self.make_error("invalid")
        return self._validated(value)


class Moment(fields.AwareDateTime):
    """A moment as RFC 3339 has it; answers are in UTC, to the millisecond."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002 - the base asks
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002 - as above
        match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        day, minute, second, fraction, zone = match.groups(default="")
        # A leap second has no name in Python: it counts as the second before.
        text = f"{day}T{minute}:{'59' if second == '60' else second}{fraction}{zone.upper()}"
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error


def about(text: str, **more: Any) -> dict[str, Any]:
    """Return the metadata of a field: what it means, and perhaps more for the document."""
    return {"description": text, **more}


def text(description: str, **options: Any) -> fields.String:
    """Return a field with a text."""
    return fields.String(metadata=about(description), **options)


def bounded(description: str, length: int, **options: Any) -> fields.String:
    """Return a field with a text of at most `length` characters."""
    return fields.String(metadata=about(description), validate=validate.Length(max=length), **options)


def whole(description: str, **options: Any) -> Whole:
    """Return a field with a whole number."""
    return Whole(metadata=about(description), **options)


def number(description: str, **options: Any) -> fields.Float:
    """Return a field with a number."""
    return fields.Float(metadata=about(description), **options)


def flag(description: str, **options: Any) -> fields.Boolean:
    """Return a field that is true or false."""
    return fields.Boolean(metadata=about(description), truthy={True}, falsy={False}, **options)


def moment(description: str, **options: Any) -> Moment:
    """Return a field with a moment."""
    return Moment(metadata=about(description), **options)


def one_of(words: type[StrEnum], description: str, **options: Any) -> fields.Enum[Any]:
    """Return a field with one of `words`."""
    return fields.Enum(words, by_value=True, metadata=about(description), **options)


def list_of(inner: Any, description: str, **options: Any) -> fields.List[Any]:
    """Return a field with a list of `inner`, a field or a schema."""
    each = fields.Nested(inner) if isinstance(inner, type) and issubclass(inner, Schema) else inner
    return fields.List(each, metadata=about(description), **options)


def nested(schema: type[Schema], description: str, **options: Any) -> fields.Nested:
    """Return a field with an object."""
    return fields.Nested(schema, metadata=about(description), **options)


def anything(description: str, **options: Any) -> fields.Raw:
    """Return a field with whatever JSON can say."""
    return fields.Raw(metadata=about(description), **options)
