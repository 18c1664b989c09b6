"""What every line of one request has in common."""

from contextvars import ContextVar

#: The id of the HTTP request being answered, "" outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
