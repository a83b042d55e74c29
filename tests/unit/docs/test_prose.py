"""Docstrings and comments are plain English: a subject first, and nobody is taken for a man."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.docs.prose import MOST_WORDS, Sentence, files, prose, sentences_of, source_sentences, split, too_long

ROOT = Path(__file__).parents[3]
SOURCES = sorted(path for folder in ("bridge", "hardware") for path in (ROOT / folder).rglob("*.py"))
NOT_PROSE = ("docs/reference/", "CHANGELOG.md")
"""Made from the code, or a list."""
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "hardware").rglob("*.md")]
    if not str(path.relative_to(ROOT)).startswith(NOT_PROSE)
)

SHORT = ("bridge", "hardware", "tests", "docs", "README.md", "CONTRIBUTING.md")
"""The folders and pages whose sentences have at most `MOST_WORDS` words."""

HEADLESS = re.compile(r"(Who|Whoever|Whom|Whose|What|Whatever)\b")
GENDERED = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\n\s*\n|\n\s*(?=[-*] )|\n\s*(?=\w+: )")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`(])")


def sentences(text: str) -> Iterator[str]:
    """Also where a list's point, or the description of an argument, begins one."""
    for paragraph in _PARAGRAPH.split(text):
        for sentence in _SENTENCE.split(" ".join(paragraph.split())):
            yield re.sub(r"^([-*] )?(\w+: )?", "", sentence)


def docstrings(source: str) -> Iterator[str]:
    """Those of members too, which stand alone below them."""
    for node in ast.walk(ast.parse(source)):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield text


def comments(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")


def headless(source: str) -> list[str]:
    """Sentences that begin with a clause and leave their subject to it: “What is told again has the digit”."""
    if "Who" not in source and "What" not in source:
        return []  # to take a source apart costs much more
    every = [sentence for text in (*docstrings(source), *comments(source)) for sentence in sentences(text)]
    return [sentence for sentence in every if HEADLESS.match(sentence) and not sentence.endswith("?")]


def gendered(source: str) -> list[str]:
    if not GENDERED.search(source):
        return []
    every = [sentence for text in (*docstrings(source), *comments(source)) for sentence in sentences(text)]
    return [sentence for sentence in every if GENDERED.search(sentence)]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_a_sentence_has_its_subject_and_no_gender() -> None:
    assert len(SOURCES) > 100, "no sources are found: are the folders still there?"
    read = {path: path.read_text() for path in SOURCES}
    found = {str(path.relative_to(ROOT)): [*headless(text), *gendered(text)] for path, text in read.items()}
    assert {path: sentences for path, sentences in found.items() if sentences} == {}


def page_sentences(page: str) -> list[str]:
    """Those of a page's paragraphs and points. Code, headings and tables are none."""
    prose = re.sub(r"^```.*?^```|^[#|].*?$", "", page, flags=re.DOTALL | re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-*] |\d+\. ))", prose)
    return [
        sentence for one in paragraphs for sentence in sentences(re.sub(r"^\s*([-*] |\d+\. )?(\*\*)?", "", one)) if one
    ]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_a_page_too_has_subjects_and_takes_nobody_for_a_man(page: Path) -> None:
    found = page_sentences(page.read_text())
    assert [one for one in found if HEADLESS.match(one) and not one.endswith("?")] == []
    english = [re.sub(r"`[^`]*`|\*[^*\n]+\*", "", one) for one in found]  # without code and Swedish words
    assert [one for one in english if GENDERED.search(one)] == []


def test_such_a_sentence_would_be_seen() -> None:
    source = '''
        """Who presses mute waits.

        Args:
            one: What is told.

        - Whoever comes is let in.
        """
        LIMIT = 1
        """What a leg holds. Enough."""
        # Whom we called may wait.
        '''
    source = "\n".join(line.removeprefix("        ") for line in source.split("\n"))
    assert [found.split()[0] for found in headless(source)] == ["Who", "What", "Whoever", "What", "Whom"]
    assert headless('"""What now? The person who asks is told."""') == []
    page = "# What it is\n\nWho asks? Here.\nWhat we\ndo is told.\n\n- Who comes, sits.\n\n| Who | What |\n"
    assert [one for one in page_sentences(page) if HEADLESS.match(one)] == [
        "Who asks?",
        "What we do is told.",
        "Who comes, sits.",
    ]
    assert len(gendered('"""The talker and his radio. There they go."""  # if he asks')) == 2


@pytest.mark.parametrize("place", SHORT)
def test_a_sentence_has_at_most_twenty_words(place: str) -> None:
    """`python -m tests.unit.docs.prose PATH…` lists those that have more."""
    read = {path.relative_to(ROOT): sentences_of(path) for path in files([ROOT / place])}
    assert sum(map(len, read.values())) > 0, "no sentences are found: is the place still there?"
    assert [
        f"{path}:{one.line} {one.words} {one.text}" for path, found in read.items() for one in too_long(found)
    ] == []


LONG = " ".join(["word"] * (MOST_WORDS + 1))
"""One word too many."""
FITS = " ".join(["word"] * MOST_WORDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? `three` is. (Four.) “Five.” *Six.* 7 is.", 7),
        ("See e.g. Asterisk, i.e. the exchange, cf. No. 5 and Sect. 6.2 of p. 12.", 1),
        ("`One. Two. Three.` is one span. ``Two. `With. More`.`` too.", 2),
        ("It asks samband.toml. The rest is kept.", 2),
        ("At 14.30 it ends, by RFC 9457.", 1),
    ],
)
def test_a_sentence_ends_where_a_reader_sees_its_end(text: str, expected: int) -> None:
    assert len(split(text)) == expected
    assert " ".join(split(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("`a b c` is – as **said** → one", 5),
        ("see [the page of it](../a/b.md) and [more][x]", 7),
        ("401, 5 % and - / = count two and three.", 7),
    ],
)
def test_a_word_has_a_letter_or_a_digit_and_a_span_of_code_is_one(text: str, words: int) -> None:
    assert Sentence(1, text).words == words


def lines_of(found: list[Sentence]) -> list[int]:
    return [one.line for one in too_long(found)]


def test_a_long_sentence_of_a_page_is_seen_wherever_it_stands() -> None:
    page = f"""# {LONG}

Short. {LONG}.
{FITS}.

- {FITS}
- {FITS}
  and this
1. {LONG}

   {LONG}
> {LONG}

| {FITS} | {FITS} |
| {LONG} | a |
| {FITS}; {FITS}<br>{FITS} |

```
{LONG}
```
<!-- {LONG}
{LONG} -->

    {LONG}

[{LONG}](x.md) ends it
"""
    assert lines_of(list(prose(page))) == [3, 7, 9, 11, 12, 15, 26]


def test_a_long_sentence_of_a_source_is_seen_in_docstrings_and_in_texts_that_are_shown() -> None:
    source = f'''"""{LONG}.

{FITS}.

Args:
    one: {FITS}
    two: {FITS}
        and this
    a.Three: {FITS}

>>> {LONG}

- {LONG}
"""
LIMIT = 1
"""{LONG}"""
# {LONG}
text = "{LONG}"
option = Option("{LONG}", help="{LONG}")
field = {{"description": f"{LONG} {{LIMIT}}", "x": "{LONG}"}}
command(summary="{FITS} " "and this")


class A:
    """{FITS}. {LONG}"""

    async def b(self) -> None:
        """{LONG}"""
'''
    assert lines_of(source_sentences(source)) == [1, 7, 13, 16, 19, 20, 21, 25, 28]
