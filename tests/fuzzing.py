"""What programs may take for answers: any JSON, and right answers of which some part is wrong."""

import json
from copy import deepcopy
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

#: Texts that trip programs: none, a line end, NUL, half a character, other digits, no end, ways out of a folder.
ODD_TEXTS = (
    "",
    " ",
    "\n",
    "a\0b",
    "\ud800",
    "\udc80x",
    "٣",
    "²",
    "9" * 5000,
    "x" * 5000,
    "..",
    "/",
    "../../etc",
    "None",
)
ODD_NUMBERS = (0, -1, 2**63, 10**400, -(2**70), 1e308, float("inf"), float("nan"), 0.5)
#: As deep as anything that is still read.
DEEP: list[Any] = json.loads("[" * 200 + "]" * 200)
ODD: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], {"": 0}, DEEP, *ODD_TEXTS, *ODD_NUMBERS)


def anything(names: str) -> st.SearchStrategy[Any]:
    """Return any JSON; `names` are those of the members that somebody reads, in one line."""
    keys = st.sampled_from(names.split()) | st.text(max_size=4)
    return st.recursive(
        st.sampled_from(ODD) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=12,
    )


def spoilt(answer: Any, dice: Random) -> Any:
    """Return a right answer with one to three places spoilt: gone, of another type, twice, or inside of something."""
    found = [deepcopy(answer)]
    for _ in range(dice.randint(1, 3)):
        holder, key = dice.choice(_places(found, found))
        _spoil(holder, key, dice)
    return found[0] if found else None


def _places(holder: Any, top: Any) -> list[tuple[Any, Any]]:
    members = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
    found = [(holder, key) for key, _ in members]
    for _, each in members:
        if isinstance(each, dict | list):
            found += _places(each, top)
    return found or [(top, 0)] if top else [([None], 0)]


def _spoil(holder: Any, key: Any, dice: Random) -> None:
    match dice.choice(("gone", "odd", "odd", "inside", "twice")):
        case "gone":
            del holder[key]
        case "inside":
            holder[key] = dice.choice(([holder[key]], {"Path": holder[key]}, {"value": holder[key]}))
        case "twice" if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        case _:
            holder[key] = deepcopy(dice.choice(ODD))


def spoilt_body(body: bytes, dice: Random) -> bytes:
    """Return the body of an answer, JSON or XML, with one to three places spoilt."""
    if body.lstrip().startswith(b"<"):
        return _spoilt_xml(body, dice)
    return json.dumps(spoilt(json.loads(body), dice)).encode()


def _spoilt_xml(body: bytes, dice: Random) -> bytes:
    root = ET.fromstring(body)
    for _ in range(dice.randint(1, 3)):
        parents = {child: parent for parent in root.iter() for child in parent}
        element = dice.choice(list(root.iter()))
        _spoil_element(element, parents.get(element), dice)
    return ET.tostring(root)


def _spoil_element(element: ET.Element, parent: ET.Element | None, dice: Random) -> None:
    what = dice.choice(("attribute", "attribute", "attribute", "gone", "twice", "name", "empty"))
    if what == "attribute" and element.attrib:
        name = dice.choice(sorted(element.attrib))
        text = dice.choice((None, *(each for each in ODD_TEXTS if each.isprintable() or not each.strip())))
        if text is None:
            del element.attrib[name]
        else:
            element.set(name, text)
    elif what == "name" or parent is None:
        element.tag = dice.choice(("Directory", "Video", "Media", "Part", "MediaContainer", "x"))
    elif what == "gone":
        parent.remove(element)
    elif what == "twice":
        parent.append(deepcopy(element))
    else:
        element[:] = []
