"""The runbook has an entry for each alert, and for each reason that `status` can show.

They are found in the code: the sentences that are given to what makes an alert or a reason. An entry names the longest
part of a sentence that is always the same, in a heading or in code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import crosspost
from crosspost import platforms
from crosspost.watch.gate import NEVER_POSTED, UNFINISHED
from tests.docs.pages import DOCS

PACKAGE = Path(crosspost.__file__).parent
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"(?m)^###? (.*)$", RUNBOOK)
NAMED = [*HEADINGS, *re.findall(r"`([^`\n]+)`", RUNBOOK)]

MAKERS = {
    "_UnmetCondition", "Finding", "MalformedIssue", "Unnumbered", "withdraw",  # an issue
    "move", "mark_uncertain", "retry_or_give_up", "give_up", "_record", "_skip",  # a delivery
    "_update", "_drop", "_wait_for_person", "_try_again",  # a request
    "Rejected", "RefusedForNow", "NeverArrived", "Uncertain", "CannotLook", "outcome",  # a platform's answer
    "UnclearError", "TruncatedPostError", "LocalSetupError", "RedirectError",
    "_Outcome", "BackfillError",  # the discussion link
    "SourceError", "RetryLaterError", "IssueError", "StoreError",  # a source, a file
}  # fmt: skip
"""What takes a sentence that `status` may show."""

NAMES = {"reason", "message", "refusal"}
"""Variables and arguments that hold one."""

RETURNED_BY = {
    "page_problem",
    "_doubt",
    "_doubt_about",
    "answer_message",
    "unreadable_answer",
    "refusal",
    "_refuse_beyond",
    "look_refusal",
}
"""Functions whose value is one."""

PLACES = (
    "admission.py",
    "planning.py",
    "watch",
    "delivery",
    "backfill",
    "forge",
    "platforms",
    "parse",
    "store",
)
ELSEWHERE = {"replay.py", "sandbox.py", "sandbox_answers.py", "login.py"}
"""What no pass runs."""

PLATFORMS = "|".join(name.capitalize() for name in platforms.names())

AT_THE_GATE = {kind.name for kind in UNFINISHED | NEVER_POSTED}
"""Of the findings, those for which an issue waits."""


def sentences(node: ast.expr | None, constants: Mapping[str, str]) -> Iterator[str]:
    """The texts that an expression may be, with `…` for every value in them."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.BinOp(left=left):
            yield from sentences(left, constants)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*sentences(body, constants), *sentences(orelse, constants))
        case ast.BoolOp(values=values):
            for value in values:
                yield from sentences(value, constants)


def reasons() -> set[str]:
    """The sentence of each reason."""
    found = [PACKAGE / each for each in PLACES]
    files = [file for each in found for file in (each.rglob("*.py") if each.is_dir() else [each])]
    return {text for file in files if file.name not in ELSEWHERE for text in _reasons_of(file) if core(text)}


def _reasons_of(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: text
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        for text in sentences(node.value, {})
    }
    for node in ast.walk(tree):
        for expression in _holding_reasons(node):
            yield from (text for text in sentences(expression, constants) if " " in text.strip())


def _holding_reasons(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call():
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            kind = getattr(node.args[0], "attr", "") if node.args else ""
            if (name == "Finding" and kind not in AT_THE_GATE) or (name == "_Outcome" and kind == "DONE"):
                return
            if name in MAKERS:
                yield from node.args
            yield from (each.value for each in node.keywords if name in MAKERS or each.arg in NAMES)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
            yield value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            pairs = zip(names, values, strict=True)
            yield from (value for name, value in pairs if getattr(name, "id", "") in NAMES)
        case ast.AugAssign(target=ast.Name(id=name), value=value) if name in NAMES:
            yield value
        case ast.FunctionDef(name=name) if name in RETURNED_BY:
            yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value)


def alerts() -> set[str]:
    """The sentence of each alert that is sent."""
    tree = ast.parse((PACKAGE / "alerts" / "conditions.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", "") == "Alert" and not call.keywords]
    return {text for call in made for text in sentences(call.args[1], {}) if core(text)}


def core(text: str) -> str:
    """The longest part of a sentence that is the same for every value and platform."""
    return max(re.split(f"[…`]|\\b(?:{PLATFORMS})\\b", text), key=len).strip(" .,;:()\"'")


def plain(text: str) -> str:
    return re.sub(r"[…`\s]+", " ", text)


@pytest.mark.parametrize("text", sorted(alerts()))
def test_every_alert_has_a_heading_in_the_runbook(text: str) -> None:
    assert any(plain(text).startswith(plain(each)) or core(text) in each for each in HEADINGS)


@pytest.mark.parametrize("text", sorted(reasons()))
def test_every_reason_has_an_entry_in_the_runbook(text: str) -> None:
    assert any(core(text) in named for named in NAMED)


def test_the_sentences_are_found() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    assert {name for name in MAKERS | RETURNED_BY if not re.search(rf"\b{name}\(", code)} == set()
    assert len(alerts()) > 12
    assert len(reasons()) > 150
