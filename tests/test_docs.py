"""The documents in the repository are those that the code writes, and keep what they promise."""

import re
from pathlib import Path

import pytest

from autoscan import reference
from autoscan.settings import DEFINITIONS

ROOT = Path(__file__).parents[1]
GUIDES = [ROOT / name for name in reference.GUIDES if (ROOT / name).exists()]


@pytest.mark.parametrize("path", reference.documents(ROOT), ids=lambda path: path.name)
def test_a_derived_document_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.documents(ROOT)[path], "make docs"


@pytest.mark.parametrize("setting", DEFINITIONS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: object) -> None:
    name = getattr(setting, "name", "")
    assert f"| `{name}` |" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_link_between_the_documents_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)]*)\)", text):
        name, _, anchor = target.partition("#")
        linked = path.parent / name if name else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


#: What looks like a setting in the guides, and is none.
OTHER_WORDS = frozenset({"BDMV", "VIDEO_TS"})


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_key_that_a_guide_names_exists(path: Path) -> None:
    known = {part for setting in DEFINITIONS for part in (setting.name, setting.top, setting.name.split(".")[-1])}
    known |= {"NAME_FILE", "TYPE", "URL", "TOKEN", "NAME", "PATH_MAPPINGS", "PRIORITY", "VERIFY_TLS", "TIMEOUT"}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", path.read_text(encoding="utf-8")))
    assert {name for name in named - known - OTHER_WORDS if not name.endswith("_FILE")} == set()
