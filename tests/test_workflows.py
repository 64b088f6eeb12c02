"""Continuous integration runs what is pinned, calls what exists, and checks what `make check` checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
WORKFLOWS = sorted(
    (*PROJECT.glob(".github/workflows/*.yml"), *PROJECT.glob("docs/ci/*.yml"), PROJECT / "action.yml")
)
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    uses = re.findall(r"(?m)^\s*(?:- )?uses: (.*)$", path.read_text(encoding="utf-8"))

    for used in uses:
        assert used.startswith("./") or re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), (
            used
        )


@pytest.mark.parametrize("path", sorted(PROJECT.glob(".github/workflows/*.yml")), ids=lambda path: path.name)
def test_a_workflow_may_only_read_unless_a_job_says_more(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_target_that_a_workflow_makes_exists(path: Path) -> None:
    for line in re.findall(r"(?m)run: make (.*)$", path.read_text(encoding="utf-8")):
        for target in line.split():
            assert re.search(rf"(?m)^{target}:", MAKEFILE), target


def test_the_hooks_before_a_commit_are_the_checks_of_make_check() -> None:
    hooks = read(PROJECT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    recipe = re.search(r"(?m)^check:.*\n((?:\t.*\n)+)", MAKEFILE)

    assert recipe
    made = [line.strip().replace("$(BIN)", ".venv/bin").removesuffix(" .") for line in recipe[1].splitlines()]
    assert [hook["entry"] for hook in hooks] == made


@pytest.mark.parametrize(
    "path", sorted(PROJECT.glob(".github/ISSUE_TEMPLATE/*.yml")), ids=lambda path: path.name
)
def test_every_issue_form_can_be_shown(path: Path) -> None:
    form = read(path)
    if path.name != "config.yml":
        assert {"name", "description", "body"} <= set(form)
        asked = [part for part in form["body"] if part["type"] != "markdown"]
        assert len({part["id"] for part in asked}) == len(asked)
        assert all(part["attributes"]["label"] for part in asked)
