"""Every link in the documents leads somewhere, and nothing in them belongs to one machine."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("docs", "hardware", "asterisk-config", "tests")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def names(documents: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in documents]


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(path: Path) -> set[str]:
    """The headings as the usual renderers name them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", head.lower())) for head in heads}


def broken(document: Path) -> Iterator[str]:
    for target in LINK.findall(without_code(document.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (document.parent / file).resolve() if file else document
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            yield target


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(broken(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_no_document_names_a_place_on_one_machine(document: Path) -> None:
    assert not re.search(r"(?<![\w.])/(?:work|root|home/[a-z]+)/", document.read_text())


def test_every_document_is_found_from_the_index() -> None:
    linked = {
        (ROOT / "docs" / target.partition("#")[0]).resolve()
        for target in LINK.findall((ROOT / "docs" / "README.md").read_text())
    }
    missing = {
        path
        for path in (ROOT / "docs").rglob("*.md")
        if path not in linked
        and path.name != "template.md"
        and path != ROOT / "docs" / "README.md"
        and (path.parent.name != "measurements" or path.name == "README.md")  # its folder tells of each release's
    }
    assert missing == set()


def test_a_broken_link_would_be_seen(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("# A head\n\n[gone](gone.md) [here](#a-head) [not here](#no-head) `[code](x.md)`\n")
    assert list(broken(document)) == ["gone.md", "#no-head"]
