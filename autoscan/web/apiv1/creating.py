"""Asking for scans."""

import hashlib
import json
from typing import Any

from flask import Response

from autoscan import triggers
from autoscan.intake import Key, Receipt
from autoscan.web import reception
from autoscan.web.apiv1 import examples
from autoscan.web.apiv1.blueprint import blueprint
from autoscan.web.apiv1.operations import Operation
from autoscan.web.apiv1.schemas.creating import PATHS, CreatedAnswer, CreationHeaders, ScansBody

_CREATE = Operation(
    tag="Scans",
    answer=CreatedAnswer,
    status=202,
    body=ScansBody,
    headers=CreationHeaders,
    errors=frozenset({413, 415, 422}),
    example=examples.CREATED,
    body_example={"paths": ["/tv/Severance/Season 02/Severance S02E03.mkv"]},
)


@blueprint.operation("POST", "/scans", _CREATE)
def create_scans(body: dict[str, Any], headers: dict[str, Any]) -> Receipt | Response:
    """Ask for scans of files and folders; the answer comes as soon as they are safely stored.

    Each path goes the way of a webhook: mappings, SERVER_IGNORE_LIST, priorities, delays, and merging with scans that
    wait.
    """
    paths, folders, removed = (body.get(name, []) for name in PATHS)
    event = triggers.from_lists(paths, folders, removed)
    told = reception.Told(event=event, raw={name: body[name] for name in PATHS if name in body})
    key = headers.get("idempotency_key")
    if key is None:
        return reception.submit(told, body["source"])
    answered = reception.submit_once(told, body["source"], Key(text=key, digest=_digest(body)), _text)
    response = Response(answered.text, status=_CREATE.status, content_type="application/json")
    if answered.again:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _text(receipt: Receipt) -> str:
    return json.dumps(CreatedAnswer().dump(receipt))
