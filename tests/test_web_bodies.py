"""Reading bodies: whatever arrives becomes an object, a form, or an error that says what is wrong."""

import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from autoscan.errors import BadRequestError, TooLargeError
from autoscan.web import bodies
from autoscan.web.masking import MASK, masked

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

app = Flask("bodies")
app.config.update(MAX_CONTENT_LENGTH=1024 * 1024, MAX_FORM_MEMORY_SIZE=1024 * 1024)


def read(data: bytes, content_type: str | None = JSON, environ: Mapping[str, Any] | None = None) -> bodies.Body:
    with app.test_request_context(method="POST", data=data, content_type=content_type, environ_overrides=environ):
        return bodies.read()


def fields(data: bytes, content_type: str | None = JSON) -> Mapping[str, Any]:
    return read(data, content_type).fields


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", "text/json", "application/vnd.x+json", "APPLICATION/JSON", "text/plain",
     FORM, None, "application/octet-stream", "nonsense", "application/json; charset=nonsense", "*/*"],
)  # fmt: skip
def test_an_object_is_read_whatever_it_is_labelled(content_type: str | None) -> None:
    assert fields(b' {"a": "\xc3\xa9"}', content_type) == {"a": "é"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_encoding_of_json_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert fields('{"a": "é"}'.encode(encoding)) == {"a": "é"}


def test_a_byte_order_mark_does_not_hide_an_object_with_a_wrong_label() -> None:
    assert fields(b'\xef\xbb\xbf{"a": 1}', "text/plain") == {"a": 1}


def test_a_charset_that_is_declared_counts_where_the_octets_are_no_utf_8() -> None:
    assert fields(b'{"a": "\xe9"}', "application/json; charset=ISO-8859-1") == {"a": "é"}
    assert fields('{"a": "é"}'.encode(), "application/json; charset=ISO-8859-1") == {"a": "é"}


@pytest.mark.parametrize("data", [b"", b"  \r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("content_type", [JSON, FORM, None])
def test_an_empty_body_is_empty_however_it_is_labelled(data: bytes, content_type: str | None) -> None:
    assert read(data, content_type) == bodies.Body(empty=True)


@pytest.mark.parametrize(
    "data",
    [b"[]", b"[{}]", b'"text"', b"1", b"null", b"true", b"{", b'{"a": }', b"{'a': 1}", b'{"a": "\xff"}', b"\xff\xfe",
     b'{"a": ' * 100_000, b"[" * 100_000, b'{"a": ' * 300 + b"1" + b"}" * 300],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequestError):
        read(data)


def test_an_object_without_members_is_an_object() -> None:
    assert read(b"{}") == bodies.Body()


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data", "multipart/form-data; boundary=y"])
def test_a_form_without_fields_is_refused(content_type: str) -> None:
    with pytest.raises(BadRequestError):
        read(b"&", content_type)


class Torn(BytesIO):
    """The body of a request that stops being HTTP half-way, as Gunicorn tells it."""

    def readinto(self, _buffer: object) -> int:
        raise RuntimeError("chunk without a size")


def test_a_body_that_the_server_cannot_read_is_refused() -> None:
    with pytest.raises(BadRequestError, match="could not be read"):
        read(b"", environ={"CONTENT_LENGTH": "100", **terminated(Torn())})


def test_text_that_is_neither_an_object_nor_a_form_is_refused() -> None:
    with pytest.raises(BadRequestError, match="no JSON object"):
        read(b"hello", "text/plain")


def test_what_no_database_holds_is_replaced() -> None:
    sent = {"half": "a\ud800b", "nul": "a\0b", "whole": "\U0001f600", "huge": 10**40, "edge": -(2**63), "yes": True}
    expected = {"half": "a�b", "nul": "a�b", "whole": "\U0001f600", "huge": None, "edge": -(2**63), "yes": True}
    assert fields(json.dumps(sent).encode()) == expected
    assert fields(b'{"a": [NaN, Infinity, -Infinity, 1e999, 1.5], "\\ud800": {}}') == {"a": [None] * 4 + [1.5], "�": {}}


@pytest.mark.parametrize("digits", [19, 20, 4300, 4301, 100_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_beyond_64_bits_is_none_whatever_its_length(digits: int, sign: str) -> None:
    number = sign + "9" * digits
    assert fields(f'{{"a": {number}, "b": [{number}, 1], "c": "x"}}'.encode()) == {"a": None, "b": [None, 1], "c": "x"}


def test_a_form_gives_its_first_values_and_every_path() -> None:
    body = read(b"eventType=Manual&eventType=Test&filepath=%2Ftv%2Fa+b&path=/1&path=/2&dir=/3", FORM)
    assert body.form
    assert body.fields == {"eventType": "Manual", "filepath": "/tv/a b", "path": ["/1", "/2"], "dir": "/3"}


def test_a_multipart_form_is_a_form() -> None:
    data = b'--x\r\nContent-Disposition: form-data; name="filepath"\r\n\r\n/tv/\xc3\xa9\r\n--x--\r\n'
    assert fields(data, "multipart/form-data; boundary=x") == {"filepath": "/tv/é"}


def test_a_multipart_form_with_too_many_fields_is_too_large() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    with pytest.raises(TooLargeError, match="fields"):
        read(part * 2000 + b"--x--\r\n", "multipart/form-data; boundary=x")


def test_a_body_above_the_limit_is_not_read() -> None:
    source = BytesIO(b"x" * 2_000_000)
    with pytest.raises(TooLargeError, match="larger than 1 MiB"):
        read(b"", environ={"CONTENT_LENGTH": "2000000", "wsgi.input": source})
    assert source.tell() == 0


def test_a_chunked_body_above_the_limit_is_read_no_further_than_that() -> None:
    source = BytesIO(b"x" * 5_000_000)
    with pytest.raises(TooLargeError):
        read(b"", environ={"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", **terminated(source)})
    assert source.tell() <= 1024 * 1024 + 65536


def test_a_body_that_ends_early_is_refused_so_that_half_a_path_is_not_scanned() -> None:
    with pytest.raises(BadRequestError, match="ended early"):
        read(b"", FORM, {"CONTENT_LENGTH": "100", **terminated(BytesIO(b"eventType=Manual&filepath=/t"))})


def terminated(source: BytesIO) -> dict[str, Any]:
    """Return what Gunicorn says of a body that it ends by itself."""
    return {"wsgi.input": source, "wsgi.input_terminated": True}


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_body_and_no_label_is_worse_than_refused(data: bytes, label: str) -> None:
    with app.test_request_context(method="POST", data=data, environ_overrides={"CONTENT_TYPE": label}):
        try:
            read_fields = bodies.read().fields
        except (BadRequestError, TooLargeError):
            return
    json.dumps(read_fields, ensure_ascii=False, allow_nan=False).encode()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None, exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), ANYTHING, max_size=4))
def test_every_object_that_python_can_write_comes_out_fit_for_the_database(value: dict[str, Any]) -> None:
    tamed = bodies.parse(json.dumps(value))
    kept = masked(tamed, ["secret"]).encode()
    assert isinstance(json.loads(kept), dict)
    assert bodies.parse(json.dumps(tamed)) == tamed


#: Among them letters that have more than two cases, and those that JSON writes differently.
LETTERS = 'aKisé"\\\n\t/@:%& ß\x01\N{LATIN SMALL LETTER LONG S}\N{LATIN SMALL LETTER DOTLESS I}\N{KELVIN SIGN}'
SECRETS = st.text(st.sampled_from(LETTERS), min_size=2, max_size=6)


@given(SECRETS, st.text(max_size=3), st.text(max_size=3), st.sampled_from([str, str.upper, str.lower, str.swapcase]))
def test_a_known_secret_is_masked_whatever_it_is_made_of(
    secret: str, before: str, after: str, spelt: Callable[[str], str]
) -> None:
    assume(re.fullmatch(re.escape(secret), spelt(secret), re.IGNORECASE))
    (kept,) = json.loads(masked({"x": before + spelt(secret) + after}, [secret])).values()
    assert MASK in kept
    (kept,) = json.loads(masked({before + spelt(secret) + after: 1}, [secret]))
    assert MASK in kept


@pytest.mark.parametrize(
    "key", ["TOKEN", "api_Key", "API-KEY", "myPassword", "PASSPHRASE", "\N{LATIN SMALL LETTER LONG S}ecret",
            "author\N{LATIN SMALL LETTER DOTLESS I}zation", "Authorisation",
            "CREDENT\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}AL"],
)  # fmt: skip
def test_the_value_of_a_telling_key_is_masked_however_it_is_spelt(key: str) -> None:
    assert json.loads(masked({"x": [{key: "hidden"}]}, [])) == {"x": [{key: MASK}]}


@pytest.mark.parametrize(
    "text",
    ["at ftp://bob:hidden@host", "\n?token=hidden", "first_token=hidden&x", "\tPASSWORD=hidden", "api_key=hidden"],
)
def test_what_stands_beside_a_telling_word_is_masked(text: str) -> None:
    assert "hidden" not in masked({"x": [text]}, [])


def test_secrets_are_masked_wherever_they_stand() -> None:
    body = {
        "apiKey": "k", "Access_Token": 7, "plexToken": "", "series": {"password": ["x"], "title": "Secrets & Lies"},
        "applicationUrl": "http://bob:pw@host/?apikey=abc&x=1", "hook": ["http://host/p%40ss", "p@ss", "P@SS"],
        "p@ss": 1, "authors": None, "path": "/movies/Basic Instinct (1992)",
    }  # fmt: skip
    assert json.loads(masked(body, ("p@ss", ""))) == {
        "apiKey": "***", "Access_Token": "***", "plexToken": "",
        "series": {"password": "***", "title": "Secrets & Lies"},
        "applicationUrl": "http://***@host/?***&x=1", "hook": ["http://host/***", "***", "***"],
        "***": 1, "authors": None, "path": "/movies/Basic Instinct (1992)",
    }  # fmt: skip
