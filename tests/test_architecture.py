"""The house stands as drawn: imports run one way, the core is pure, files and functions stay readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("config", "monitors", "playbooks", "bot")
BANNED_OUTSIDE_BOT = {
    "sqlite3",
    "sqlite_utils",
    "apscheduler",
    "wechatpy",
    "requests",
    "asyncio",
    "aiohttp",
    "socket",
    "logging",
    "random",
    "subprocess",
    "threading",
    "psycopg",
    "secrets",
    "time",
}
FETCH_MAY = {"asyncio", "aiohttp", "socket"}
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
MAX_FILE, MAX_FUNCTION, MEDIAN_FUNCTION = 400, 60, 10


def sources() -> list[Path]:
    return sorted(p for package in ORDER for p in (ROOT / package).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(), ids=rel)
def test_imports_run_one_way(path: Path) -> None:
    mine = ORDER.index(path.relative_to(ROOT).parts[0])
    wrong = [m for m in imports(parsed(path)) if m.split(".")[0] in ORDER and ORDER.index(m.split(".")[0]) > mine]
    assert wrong == []


@pytest.mark.parametrize("path", [p for p in sources() if rel(p).split("/")[0] != "bot"], ids=rel)
def test_the_core_has_no_effects(path: Path) -> None:
    banned = BANNED_OUTSIDE_BOT - (FETCH_MAY if rel(path) == "monitors/fetch.py" else set())
    found = {m.split(".")[0] for m in imports(parsed(path))} & banned
    assert found == set()


def test_feedparser_lives_among_the_kinds_and_wechatpy_in_one_file() -> None:
    users = {
        name: [rel(p) for p in sources() if name in {m.split(".")[0] for m in imports(parsed(p))}]
        for name in ("feedparser", "wechatpy")
    }
    assert users["feedparser"]
    assert all(p.startswith("monitors/kinds/") for p in users["feedparser"])
    assert users["wechatpy"] == ["bot/wecom/crypto.py"]


@pytest.mark.parametrize("path", [p for p in sources() if rel(p) != "bot/clock.py"], ids=rel)
def test_only_one_file_reads_the_clock(path: Path) -> None:
    calls = [
        (f.value.id, f.attr)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(f := node.func, ast.Attribute) and isinstance(f.value, ast.Name)
    ]
    assert [c for c in calls if c in CLOCK_CALLS] == []


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{rel(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_have_one_subject_and_at_most_four_hundred_lines() -> None:
    long = {rel(p): n for p in sources() if (n := len(p.read_text(encoding="utf-8").splitlines())) > MAX_FILE}
    assert long == {}


def test_functions_fit_on_a_screen() -> None:
    sizes = [size for p in sources() for size in functions(p)]
    assert {name: n for name, n in sizes if n > MAX_FUNCTION} == {}
    counts = sorted(n for _, n in sizes)
    assert counts[len(counts) // 2] <= MEDIAN_FUNCTION


def test_every_module_says_what_it_is_for() -> None:
    silent = [rel(p) for p in sources() if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(parsed(p))]
    assert silent == []
