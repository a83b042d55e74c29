"""Measures the sentences of docs and docstrings: `python -m tests.unit.docs.prose [--all] PATH…`.

It prints `file:line words sentence` for each sentence that is too long, and with `--all` for every sentence.
A path is a Python file, a Markdown page or a folder of these.
"""

import argparse
import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_WORDS: Final = 20
TEXTS: Final = frozenset({"description", "help", "short_help", "epilog", "summary"})
"""Arguments and keys whose strings are shown to people: in the API's description, and in the help of commands."""

_COMMENT_END: Final = re.compile(r".*-->")
_FENCE: Final = re.compile(r"\s*(?:[-*] )?(?:```|~~~)")
_BLOCKS: Final = {
    _FENCE: _FENCE,
    re.compile(r"\s*<!--"): _COMMENT_END,
    re.compile(r"\s*>>>"): re.compile(r"\s*$"),
}
"""Blocks that are no prose: the line that opens each, and the one that closes it."""
_POINT: Final = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_NAMED: Final = re.compile(r"\s+\*{0,2}[\w`.]+(?: \([^)]*\))?:\s+(?=\S)")
_SECTION: Final = re.compile(r"(\s*)(?:Args|Arguments|Returns|Raises|Yields|Attributes|Notes?|Examples?):\s*$")
_RULE: Final = re.compile(r"\s*(?:[-=*_]{3,}|\[[^\]]+\]: \S+)\s*$")
_QUOTE: Final = re.compile(r"^\s*(?:> ?)+")
_CELL: Final = re.compile(r"(?<!\\)\||<br>|;(?=\s)")
"""A cell of a table may hold several things, apart by semicolons or line breaks."""
_GRID: Final = re.compile(r"^ *=+(?: +=+)+\n.*^ *=+(?: +=+)+$", re.DOTALL | re.MULTILINE)
_NO_END: Final = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|cf|vs|approx|Nos?|Fig|Figs|Sec|Sect|cl|ch|pp?|resp|Dr|Mr|Ms|St|[A-Z])\.$"
)
_END: Final = re.compile(r"[.!?…][\"”’')\]*_]*\s+(?=[\"“‘'(\[*_]*[A-ZÅÄÖ0-9\x00§/<])")
_CODE: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"!?\[([^\]]*)\](?:\([^)\s]*(?:\s\"[^\"]*\")?\)|\[[^\]]*\])")


@dataclass(frozen=True, slots=True)
class Sentence:
    line: int
    """The line on which its paragraph begins, or its own where that is known."""
    text: str

    @property
    def words(self) -> int:
        """A code span is one word. A word has a letter or a digit: dashes, arrows and bullets are none."""
        bare = _CODE.sub("code", _LINK.sub(r"\1", self.text))
        return sum(any(letter.isalnum() for letter in token) for token in bare.split())


def split(text: str) -> list[str]:
    """The sentences of one paragraph. Full stops within code, and those of “e.g.” and “No. 5”, end none."""
    spans: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        spans.append(found[0])
        return f"\x00{len(spans) - 1}\x00"

    masked = _CODE.sub(hidden, text)
    parts, start = list[str](), 0
    for end in _END.finditer(masked):
        if not _NO_END.search(masked[start : end.start() + 1]):
            parts.append(masked[start : end.end()].strip())
            start = end.end()
    parts.append(masked[start:].strip())
    return [re.sub(r"\x00(\d+)\x00", lambda mark: spans[int(mark[1])], part) for part in parts if part]


def _in_lines(lines: list[tuple[int, str]]) -> Iterator[Sentence]:
    """The sentences of a paragraph's lines, each with the line on which it begins."""
    words = [(number, word) for number, line in lines for word in line.split()]
    at = 0
    for sentence in split(" ".join(word for _, word in words)):
        yield Sentence(words[at][0], sentence)
        at += len(sentence.split())


@dataclass(slots=True)
class _Reader:
    """Reads one text line by line, and tells prose from what only looks like it."""

    page: bool
    """Markdown. Else it is a docstring, with sections and doctests."""
    closed_by: re.Pattern[str] | None = None
    """Within a fence, a comment or a doctest: the line that ends it."""
    inside: int = 0
    """How far a point's text or a section's is indented. Four more are code."""
    blank: bool = True
    """The line before had no prose."""

    def kept(self, line: str) -> tuple[bool, str]:
        """Whether a paragraph ends before this line, and the prose that the line holds."""
        if self.closed_by:
            if self.closed_by.match(line):
                self.closed_by = None
            return True, ""
        if opened := next((close for first, close in _BLOCKS.items() if first.match(line)), None):
            self.closed_by = None if opened.match(line) and opened is _COMMENT_END else opened
            return True, ""
        return self._structure(line) or self._text(line)

    def _structure(self, line: str) -> tuple[bool, str] | None:
        if not line.strip():
            return True, ""
        if (self.page and line.startswith("#")) or _RULE.match(line):
            self.inside = 0
            return True, ""
        if section := _SECTION.match(line):
            self.inside = section.end(1) + 4
            return True, ""
        if point := _POINT.match(line):
            self.inside = point.end()
            return True, line[point.end() :]
        if not self.page and (named := _NAMED.match(line)):
            return True, line[named.end() :]
        return None

    def _text(self, line: str) -> tuple[bool, str]:
        indent = len(line) - len(line.lstrip())
        if self.blank and indent >= self.inside + 4:
            return True, ""
        if self.blank and indent == 0:
            self.inside = 0
        return False, line


def prose(text: str, first_line: int = 1, *, page: bool = True) -> Iterator[Sentence]:
    """The sentences of Markdown, or of a docstring with its sections.

    Headings, fenced and indented code, doctests and comments have none. A list's point, an argument's description and
    a table's cell are each a paragraph of their own.
    """
    reader, paragraph, quoted = _Reader(page), list[tuple[int, str]](), False
    for number, raw in enumerate(_without_grids(text).split("\n"), first_line):
        line = _QUOTE.sub("", raw) if page else raw
        ends, kept = reader.kept(line)
        cells = _CELL.split(kept.strip().strip("|")) if kept.lstrip().startswith("|") else []
        if ends or cells or quoted != (line != raw):
            yield from _in_lines(paragraph)
            paragraph = []
        for cell in cells:
            yield from _in_lines([(number, cell)])
        if kept and not cells:
            paragraph.append((number, kept))
        reader.blank, quoted = not kept or bool(cells), line != raw
    yield from _in_lines(paragraph)


def _without_grids(text: str) -> str:
    """Leave out tables between lines of `====`. Their lines stay, empty, so that the next ones keep their numbers."""
    return _GRID.sub(lambda grid: "\n" * grid[0].count("\n"), text)


_PARTS: Final = ("body", "orelse", "handlers", "finalbody", "cases")


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Those of members too, which stand alone below them. No expression is looked into."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as text):
                yield text
            case _:
                nodes += [one for part in _PARTS for one in getattr(node, part, ())]


def _strings(node: ast.expr) -> str | None:
    """A string that is written out; a value put into it counts as a word."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(one.value) if isinstance(one, ast.Constant) else "`x`" for one in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{_strings(left) or '`x`'}{_strings(right) or '`x`'}"
    return None


def _shown(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        pairs: Iterable[tuple[object, ast.expr]] = ()
        match node:
            case ast.Call(keywords=keywords):
                pairs = [(keyword.arg, keyword.value) for keyword in keywords]
            case ast.Dict(keys=keys, values=values):
                pairs = [(getattr(key, "value", None), value) for key, value in zip(keys, values, strict=True)]
        for name, value in pairs:
            if name in TEXTS and (text := _strings(value)):
                yield value.lineno, text


def source_sentences(source: str) -> list[Sentence]:
    """Those of a Python file's docstrings, and of the texts that it shows people."""
    tree = ast.parse(source)
    found = [one for text in _docstrings(tree) for one in prose(_dedented(str(text.value)), text.lineno, page=False)]
    if any(name in source for name in TEXTS):
        found += [Sentence(line, one.text) for line, text in _shown(tree) for one in prose(text, page=False)]
    return sorted(found, key=lambda one: one.line)


def _dedented(docstring: str) -> str:
    first, _, rest = docstring.partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}" if rest else first


def sentences_of(path: Path) -> list[Sentence]:
    text = path.read_text()
    return source_sentences(text) if path.suffix == ".py" else list(prose(text))


def too_long(sentences: Iterable[Sentence]) -> list[Sentence]:
    return [one for one in sentences if one.words > MOST_WORDS]


def files(paths: Iterable[Path]) -> list[Path]:
    found = {one for path in paths for one in (path.rglob("*") if path.is_dir() else [path])}
    return sorted(one for one in found if one.suffix in {".py", ".md"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--all", action="store_true", help="every sentence, not only the long ones")
    asked = parser.parse_args()
    for path in files(asked.paths):
        found = sentences_of(path)
        for one in found if asked.all else too_long(found):
            print(f"{path}:{one.line} {one.words} {one.text}")


if __name__ == "__main__":
    main()
