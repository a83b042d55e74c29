"""Small changes to a module, each of which some test should notice.

One mutant is one change. A comparison is turned or moved by its edge, `and` becomes `or`, a `not` is dropped. An
operator becomes its opposite, a number is moved by one, a truth is turned. A returned value is forgotten, a condition
is always or never true, a statement or a `case` is taken out. Left out is what no test can see or should. That is
annotations, docstrings, log lines, `assert_never`, what is only imported, and texts.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Pow: ast.Mult,
}
_UNSEEN_CALLS: Final = ("log.", "assert_never")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one file.

    Attributes:
        file: Relative to the tree's root, such as `bridge/domain/conference/floor.py`.
        number: Its place among the file's mutants; the same for the same text of the file.
        what: The change in words: `< → <=`.
    """

    file: str
    number: int
    line: int
    what: str
    source: str
    """The line as it is written."""
    function_lines: tuple[int, ...] = ()
    """Where the functions begin whose bodies it is in, the outermost first; none for what is run at the import. A rule
    may be made by a function that is called at the import. The rule itself may be called by the tests alone."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.what}   {self.source.strip()}"


Change = Callable[[ast.AST], None]
"""Makes the change in a node of a copy of the tree."""


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """All of a file's, in the order of its text."""
    text = (root / file).read_text()
    lines, tree = text.splitlines(), ast.parse(text)
    functions = _functions(tree)
    return [
        Mutant(file, number, line, what, lines[line - 1], functions.get(at, ()))
        for number, (at, line, what, _) in enumerate(_changes(tree))
    ]


def mutated(text: str, number: int) -> ast.Module:
    """The module's tree with this mutant's change.

    Raises:
        IndexError: There are not so many.
    """
    tree = ast.parse(text)
    at, _, _, change = list(_changes(tree))[number]
    changed = copy.deepcopy(tree)
    change(list(ast.walk(changed))[at])
    return ast.fix_missing_locations(changed)


def _changes(tree: ast.Module) -> Iterator[tuple[int, int, str, Change]]:
    """Each change as place in `ast.walk`, line, words and deed."""
    unseen = _unseen(tree)
    for at, node in enumerate(ast.walk(tree)):
        if id(node) not in unseen:
            for what, change in _of(node):
                yield at, _line(node), what, change


def _functions(tree: ast.Module) -> dict[int, tuple[int, ...]]:
    """Place in `ast.walk` → first lines of the functions whose bodies it is in, decorators counted."""
    lines: dict[int, tuple[int, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            for inner in (deep for statement in node.body for deep in ast.walk(statement)):
                lines[id(inner)] = (*lines.get(id(inner), ()), first)
    return {at: lines[id(node)] for at, node in enumerate(ast.walk(tree)) if id(node) in lines}


def _line(node: ast.AST) -> int:
    """A `case` has no line of its own."""
    return node.pattern.lineno if isinstance(node, ast.match_case) else int(getattr(node, "lineno", 1))


def _unseen(tree: ast.Module) -> set[int]:
    """Nodes within what is not mutated."""
    left_out: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(annotation=annotation):
                left_out.append(annotation)
            case ast.arg(annotation=ast.AST() as annotation):
                left_out.append(annotation)
            case (
                ast.FunctionDef(decorator_list=decorators, returns=returns)
                | ast.AsyncFunctionDef(decorator_list=decorators, returns=returns)
            ):
                left_out += [*decorators, *([returns] if returns is not None else [])]
            case ast.ClassDef(decorator_list=decorators):
                left_out += decorators
            case ast.Expr() if _is_unseen(node):
                left_out.append(node)
            case ast.Assign(targets=[ast.Name(id="__all__" | "log")]) | ast.Import() | ast.ImportFrom():
                left_out.append(node)
            case _:
                pass
    return {id(inner) for node in left_out for inner in ast.walk(node)}


def _is_unseen(node: ast.Expr) -> bool:
    if isinstance(node.value, ast.Constant):
        return True
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith(_UNSEEN_CALLS)


def _of(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp(op=op):
            other: type[ast.boolop] = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{_name(op)} → {other.__name__.lower()}", _setting("op", other())
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", _becoming("operand")
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            opposite = _OPERATORS[type(op)]
            yield f"{_name(op)} → {opposite.__name__.lower()}", _setting("op", opposite())
        case ast.Constant(value=bool(value)):
            yield f"{value} → {not value}", _setting("value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield f"{value} → {value + 1}", _setting("value", value + 1)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "returns None", _setting("value", ast.Constant(None))
        case ast.If():
            yield "if: always", _setting("test", ast.Constant(True))
            yield "if: never", _setting("test", ast.Constant(False))
        case ast.IfExp():
            yield "takes the first always", _setting("test", ast.Constant(True))
            yield "takes the second always", _setting("test", ast.Constant(False))
    yield from _removals(node)


def _comparisons(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for at, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:

            def turn(found: ast.AST, at: int = at, other: type[ast.cmpop] = other) -> None:
                assert isinstance(found, ast.Compare)
                found.ops[at] = other()

            yield f"{_name(op)} → {other.__name__.lower()}", turn


def _removals(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Expr() if not _is_unseen(node):
            yield "statement removed", _emptied
        case ast.match_case() if not _only_never(node):
            yield "case removed", _setting("guard", ast.Constant(False))
        case ast.AugAssign():
            yield "statement removed", _setting("value", _neutral(node))


def _neutral(node: ast.AugAssign) -> ast.expr:
    """What an in-place operator does nothing with; enough for numbers and sequences alike: `x += x[:0]`-like."""
    return ast.Constant(1 if isinstance(node.op, ast.Mult | ast.Div | ast.Pow) else 0)


def _only_never(node: ast.match_case) -> bool:
    return all(isinstance(one, ast.Expr | ast.Pass) and _is_never(one) for one in node.body)


def _is_never(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and _is_unseen(node))


def _emptied(found: ast.AST) -> None:
    assert isinstance(found, ast.Expr)
    found.value = ast.Constant(None)


def _setting(field: str, value: object) -> Change:
    return lambda found: setattr(found, field, value)


def _becoming(field: str) -> Change:
    """`not x` becomes `bool(x)`-like `not not x`: the node itself stays, so that its parent needs no change."""

    def double(found: ast.AST) -> None:
        setattr(found, field, ast.UnaryOp(ast.Not(), getattr(found, field)))

    return double


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _name(op: ast.AST) -> str:
    return type(op).__name__.lower()
