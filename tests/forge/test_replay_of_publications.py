"""A year of the newsletter's publications as pull requests: one comment each, equal to `preview`, never repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forge.conftest import Run, known_by_its_environment
from tests.forge.standin import StandIn
from tests.forge.standin import forge as standing_in
from tests.newsroom import git

SAMPLE = 10
"""One of so many publications is replayed in the ordinary suite."""


@pytest.fixture
def year(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[dict[str, Any]]]:
    """The repository, with a working tree in it, and what was published by which commit."""
    (bundle,) = (shared / "history").glob("*.bundle")
    place = tmp_path / "newsletter"
    git(tmp_path, "clone", "-q", str(bundle), str(place))
    monkeypatch.chdir(place)
    rows = json.loads(bundle.with_suffix(".json").read_text())
    return place, [row for row in rows if row["event"] == "added"]


@pytest.fixture(params=["github", "forgejo"])
def forge(
    year: tuple[Path, Any], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StandIn]:
    with standing_in(year[0], request.param) as forge:
        monkeypatch.setenv("GITHUB_SERVER_URL", f"https://{forge.dialect}.example")
        known_by_its_environment(forge, monkeypatch)
        yield forge


def replayed(run: Run, place: Path, forge: StandIn, rows: list[dict[str, Any]], monkeypatch: Any) -> None:
    for row in rows:
        git(place, "checkout", "-q", "-B", f"issue-{row['number']}", row["commit"])
        pull = forge.pull(f"issue-{row['number']}")
        monkeypatch.setenv("GITHUB_SHA", row["commit"])
        command = "comment", row["file"], "--pull-request", str(pull)

        assert run(*command).startswith("comment: written: https://")
        whole = (place / row["file"]).read_text()
        (place / row["file"]).write_text(f"{whole}\n<!-- crosspost: hold -->\n")
        assert run(*command).startswith("comment: edited: https://")
        (place / row["file"]).write_text(whole)
        assert run(*command).startswith("comment: edited: https://")
        assert run(*command).startswith("comment: unchanged: https://")

        shown = run("preview", "--markdown", row["file"])
        (comment,) = forge.comments[pull]
        assert comment["body"] == f"<!-- crosspost:this-week-in-rust:{row['number']} -->\n{shown}"
    assert len(forge.pulls) == len(forge.comments) == len(rows)


@pytest.mark.shared
def test_some_publications(
    run: Run, year: tuple[Path, list[dict[str, Any]]], forge: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rows = year

    replayed(run, place, forge, rows[::SAMPLE], monkeypatch)


@pytest.mark.shared
@pytest.mark.slow
def test_every_publication_of_a_year(
    run: Run, year: tuple[Path, list[dict[str, Any]]], forge: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rows = year

    assert len(rows) > 40
    replayed(run, place, forge, rows, monkeypatch)
