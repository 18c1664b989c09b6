"""The API against its own document: whatever a caller sends, the answer is one of those that it names."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from tests.apis import KEY, SEASON, Api, api
from tests.chances import many
from tests.test_apiv1_document import document

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    AnyCase = schemathesis.Case[Any]

#: Requests of each kind to each operation; enough to find what a careless change breaks, and over in seconds.
EXAMPLES = 12

#: What is asked at the moment; the tests of all operations share it.
_numbers = count(1)
_serving: list[Api] = []


def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    # An address for each: too many wrong passwords from one would be 429.
    number = next(_numbers)
    environ["REMOTE_ADDR"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return _serving[-1].site.app(environ, start_response)


@pytest.fixture(scope="module", autouse=True)
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve an API with something in it."""
    site = api(tmp_path_factory.mktemp("fuzz"), SERVER_SCAN_DELAY=1)
    site.told()
    site.failed("/tv/Gone/x.mkv")
    site.delivering(f"{SEASON}/x.mkv")
    for number in range(5):
        site.add(f"/movies/{number}/x.mkv")
    _serving.append(site)
    yield
    _serving.clear()


#: The right credentials are sent; that others are refused is a check of its own.
CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})

schema = schemathesis.openapi.from_dict(document(), config=CONFIG)
schema.app = serve


#: A cursor that no list gave; a search for more words than are looked for.
UNSAYABLE = ("the cursor is not one of this list", "a search takes up to")


def takes_what_is_well_spelt(context: CheckContext, response: schemathesis.Response, case: "AnyCase") -> bool | None:
    """Check that nothing is refused that the document allows, but for what no JSON schema can say."""
    refused = response.status_code == 422 or any(words in response.text for words in UNSAYABLE)
    return None if refused else positive_data_acceptance(context, response, case)


@schema.parametrize()
@settings(max_examples=many(EXAMPLES), deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_the_api_keeps_to_its_document(case: "AnyCase") -> None:
    excluded: list[Any] = [positive_data_acceptance]
    if case.operation.path == "/api/v1/":
        # `v1` may be a SERVER_PASS, and takes POST then.
        excluded.append(allow_header_conformance)
    case.call_and_validate(headers=KEY, excluded_checks=excluded, additional_checks=[takes_what_is_well_spelt])
