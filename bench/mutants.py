"""Would the tests notice a wrong monitor or interval? One change at a time, the tests of that room against each.

    python bench/mutants.py [--only lamps.py] [--list]

Exit 0 when every mutant is killed or stands, with its reason, in docs/mutants-safety.md; else 1.
"""

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import io
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, settings
from typing_extensions import override

import edge.model.site  # noqa: F401 - read once here, so that no forked child has to

ROOT = Path(__file__).parents[1]
ROOM = ROOT / "edge" / "safety"
INTERVALS = [ROOT / "edge" / "control" / f"{name}.py" for name in ("intervals", "interval_codes", "overlap_machine")]
KNOWN = ROOT / "docs" / "mutants-safety.md"
NAMES = (
    "image_rules interval_rules flash_rules european_rules flashing_arrow permits card card_words latch lamps readback "
    "monitor_machine monitor_against_oracle"
)
TESTS = [f"tests/safety/test_{name}.py" for name in NAMES.split()]
INTERVAL_TESTS = [f"tests/control/test_{name}.py" for name in ("intervals", "interval_variants")]
OVERLAP_TESTS = ["tests/control/test_overlap_machine.py", "tests/control/test_overlaps.py"]
OPTIONS = ["-x", "-q", "--tb=no", "--assert=plain", "-pno:cacheprovider", "-pno:randomly", "-ofilterwarnings="]
"""Stop at the first failure; no rewriting of asserts, which costs more than the tests."""

LIMIT_S = 90.0
"""A mutant whose tests take longer hangs, and that is noticed too."""

Change: TypeAlias = tuple[ast.AST, ast.AST | None]
"""A node and what stands in its place; None: the statement is left out."""

COMPARED: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
REPLACED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "tuple"}
ENUMS = {"Rule", "Indication", "Standing", "Lamps", "ChannelKind"} | {
    "Interval",
    "PedInterval",
    "Cue",
    "Termination",
    "EventCode",
}


@dataclass(frozen=True)
class Mutant:
    """One changed module. `name` says file, function and change, and survives a move to another line."""

    name: str
    module: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    """All mutants of one module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    seen: dict[str, int] = {}
    for where, before, after in _changes(tree):
        text = f"{path.name} · {where} · {_text(before)} → {_text(after)}"
        seen[text] = seen.get(text, 0) + 1
        name = text if seen[text] == 1 else f"{text} ({seen[text]})"
        changed = _Exchange(before, after).visit(copy.deepcopy(tree, {id(before): before}))
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield Mutant(name, module, ast.unparse(ast.fix_missing_locations(changed)))


def _text(node: ast.AST | None) -> str:
    return "nothing" if node is None else " ".join(ast.unparse(node).split()).replace("`", "'")


class _Exchange(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, before: ast.AST, after: ast.AST | None) -> None:
        self._before, self._after = before, after

    @override
    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._before:
            return ast.Pass() if self._after is None else self._after
        visited: ast.AST = self.generic_visit(node)
        return visited


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.AST, ast.AST | None]]:
    for where, node in _live("module", tree):
        for rule in RULES:
            for before, after in rule(node):
                yield where, before, after


def _live(where: str, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every node that runs: no docstrings, no annotations, no decorators, no imports, no enum members' own values."""
    yield where, node
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        where = node.name if where == "module" else f"{where}.{node.name}"
    skipped = {"annotation", "returns", "decorator_list", "type_comment"}
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and field not in skipped and not _is_dead(child, node):
                yield from _live(where, child)


def _is_dead(child: ast.AST, parent: ast.AST) -> bool:
    if isinstance(child, ast.Import | ast.ImportFrom):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    enum_member = isinstance(parent, ast.ClassDef) and any(_text(base) == "Enum" for base in parent.bases)
    alias = isinstance(child, ast.Assign) and isinstance(child.value, ast.Subscript)
    return enum_member or alias or (isinstance(child, ast.AnnAssign) and _text(child.annotation) == "TypeAlias")


# ── the rules of mutation: each gives (node, what stands in its place) ──────────────────────────


def _compare(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for other in COMPARED[type(node.ops[0])]:
            yield node, ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _logic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for k in range(len(node.values)):
            rest = [value for j, value in enumerate(node.values) if j != k]
            yield node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    if isinstance(node, ast.If | ast.IfExp):
        for truth in (True, False):
            yield node.test, ast.Constant(truth)


def _arithmetic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and type(node.op) in REPLACED:
        yield node, ast.BinOp(node.left, REPLACED[type(node.op)](), node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in REPLACED:
        yield node, ast.AugAssign(node.target, REPLACED[type(node.op)](), node.value)
        yield node, ast.Assign([node.target], node.value, lineno=node.lineno)


def _constant(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield node, ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield node, ast.Constant(node.value + 1)
            yield node, ast.Constant(node.value - 1)
        elif isinstance(node.value, str) and node.value.strip():
            yield node, ast.Constant(f"{node.value}XX")


def _name(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ENUMS:
        other = _next_member(node.value.id, node.attr)
        yield node, ast.Attribute(node.value, other, node.ctx)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield node.func, ast.Name(CALLED[node.func.id], ast.Load())


@cache
def _next_member(enum: str, member: str) -> str:
    """The member after it, without importing what is being mutated."""
    files = [*sorted((ROOT / "edge" / "model").glob("*.py")), *sorted(ROOM.glob("*.py")), *INTERVALS]
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files)
    found = next(node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name == enum)
    names = [s.targets[0].id for s in found.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)]
    return names[(names.index(member) + 1) % len(names)]


def _members(node: ast.AST) -> Iterator[Change]:
    """Leaves one member out of a set, a row out of a table, a value out of a row."""
    if isinstance(node, ast.Set | ast.Tuple) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for k in range(len(node.elts)):
            fewer = copy.copy(node)
            fewer.elts = [member for j, member in enumerate(node.elts) if j != k]
            yield node, fewer if fewer.elts or isinstance(node, ast.Tuple) else ast.parse("set()", mode="eval").body
    if isinstance(node, ast.Dict):
        for k in range(len(node.keys)):
            kept = [j for j in range(len(node.keys)) if j != k]
            yield node, ast.Dict([node.keys[j] for j in kept], [node.values[j] for j in kept])


def _statement(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Continue | ast.Delete | ast.Raise):
        yield node, None
    if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name):
        yield node, None
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield node.value, ast.Constant(None)


RULES: Sequence[Callable[[ast.AST], Iterator[Change]]] = (
    _compare,
    _logic,
    _arithmetic,
    _constant,
    _name,
    _members,
    _statement,
)


# ── running the tests against one mutant ────────────────────────────────────────────────────────


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated module instead of the one on disk."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    @override
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._mutant.module else None

    @override
    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.source, f"<{self._mutant.name}>", "exec"), module.__dict__)  # the mutant itself


def survivors(made: Sequence[Mutant]) -> Iterator[Mutant]:
    """Those that no test notices, as many at a time as there are processors."""
    waiting, running = list(reversed(made)), dict[int, tuple[Mutant, float]]()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            mutant = waiting.pop()
            child = os.fork()
            if child == 0:
                _run_tests(mutant)
            running[child] = mutant, time.monotonic() + LIMIT_S
        time.sleep(0.01)
        for child, (mutant, end) in list(running.items()):
            done, status = os.waitpid(child, os.WNOHANG)
            if done or time.monotonic() > end:
                del running[child]
            if done and os.waitstatus_to_exitcode(status) == 0:
                yield mutant
            elif not done and time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _run_tests(mutant: Mutant) -> None:
    """In the child: never returns."""
    code = 1
    try:
        sys.meta_path.insert(0, _Loader(mutant))
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = int(pytest.main([*OPTIONS, *_tests_of(mutant.module)]))
    finally:
        os._exit(code)


def _tests_of(module: str) -> list[str]:
    if ".safety." in module:
        return TESTS
    return OVERLAP_TESTS if module.endswith("overlap_machine") else INTERVAL_TESTS


def known() -> dict[str, str]:
    """Survivors with a reason."""
    rows = re.findall(r"^- `(.+?)` — (.+)$", KNOWN.read_text(encoding="utf-8"), re.MULTILINE) if KNOWN.exists() else []
    return dict(rows)


def _profile() -> None:
    """As in CI, but a counterexample is not made smaller: that it exists is enough."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile(
        "mutants", derandomize=True, max_examples=25, phases=phases, deadline=None, suppress_health_check=checks
    )
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Mutation test of the monitor and the interval machine.")
    parser.add_argument("--only", default="", help="one file, for example lamps.py or intervals.py")
    parser.add_argument("--grep", default="", help="only mutants whose name holds this text")
    parser.add_argument("--list", action="store_true", help="name the mutants, run nothing")
    asked = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    _profile()
    files = [path for path in [*sorted(ROOM.glob("*.py")), *INTERVALS] if path.name.startswith(asked.only)]
    made = [mutant for path in files for mutant in mutants(path) if asked.grep in mutant.name]
    if asked.list:
        print(*(mutant.name for mutant in made), sep="\n")
        return 0
    return _report(made, whole=not (asked.only or asked.grep))


def _report(made: list[Mutant], *, whole: bool) -> int:
    healthy = {"edge.safety.monitor": ROOM / "monitor.py", "edge.control.intervals": INTERVALS[0]}
    whole_ones = [Mutant("no change", name, path.read_text(encoding="utf-8")) for name, path in healthy.items()]
    if len(list(survivors(whole_ones))) < len(whole_ones):
        print("the tests fail without any mutation: mend them first")
        return 1
    reasons, left, began = known(), [], time.monotonic()
    for mutant in survivors(made):
        left.append(mutant.name)
        print(f"survives: {mutant.name}", flush=True)
    new = [name for name in left if name not in reasons]
    gone = sorted(set(reasons) - set(left)) if whole else []
    print(f"{len(made)} mutants, {len(made) - len(left)} killed, {len(left)} survive, {len(new)} without a reason")
    print(f"{time.monotonic() - began:.0f} s")
    print(*(f"listed in {KNOWN.name}, but it does not survive: {name}" for name in gone), sep="\n")
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main())
