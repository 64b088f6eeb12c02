"""`check` of pull requests for the discussion link: the repository, and what the token may not do there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.forge.conftest import Run
from tests.forge.standin import REPOSITORY, StandIn
from tests.newsroom import Checkout, issue_text, name_of
from tests.web_server import Reply


@pytest.fixture
def check(run: Run, editor: Checkout, forge: StandIn, tmp_path: Path) -> Run:
    editor.git("checkout", "-q", "main")
    editor.commit({f"content/{name_of()}": issue_text()})
    config = tmp_path / "config.toml"
    config.write_text(f"""
[store]
url = "sqlite:///{tmp_path}/crosspost.db"
[source]
url = "file://{editor.remote}"
[gate]
page_live = false
[backfill]
mode = "pull-request"
api_base_url = "{forge.api}"
repository = "{REPOSITORY}"
token = {{ env = "GITHUB_TOKEN" }}
""")

    def check() -> str:
        said = run("-c", str(config), "check", code=1)  # there is no account
        return next(line for line in said.splitlines() if " backfill " in f" {line} ")

    return check


def test_what_would_be_done_is_said_and_nothing_is_written(check: Run, forge: StandIn) -> None:
    said = check()

    assert f"the token may write to {REPOSITORY}: a pull request would be opened for main" in said
    assert {asked.method for asked in forge.server.asked} == {"GET"}


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("", 401, f"the token for {REPOSITORY} is not accepted: it is wrong or has expired"),
        ("", 404, f"has no repository {REPOSITORY}, or the token may not read it"),
        ("/pulls", 403, f"the token may not read pull requests in {REPOSITORY}"),
        ("/branches", 404, f"{REPOSITORY} has no branch main"),
    ],
)
def test_what_the_token_may_not_do_is_said(
    check: Run, forge: StandIn, path: str, status: int, sentence: str
) -> None:
    if path == "/branches" and forge.dialect == "github":
        path = "/git/ref/heads"
    forge.fails["GET", path] = [Reply(status, json.dumps({"message": "Not Found"}))]

    assert sentence in check()


def test_a_token_that_may_only_read_is_said(check: Run, forge: StandIn) -> None:
    forge.may_push = False

    assert f"the token may read {REPOSITORY}, but not write to it" in check()


def test_a_forge_that_does_not_say_what_the_token_may_is_no_failure(check: Run, forge: StandIn) -> None:
    forge.may_push = None

    assert "the token may read (whether it may write, the forge does not say)" in check()


def test_an_archived_repository_is_said(check: Run, forge: StandIn) -> None:
    forge.archived = True

    assert f"{REPOSITORY} is archived: nothing can be written there" in check()


def test_an_address_that_is_no_api_is_said(check: Run, forge: StandIn) -> None:
    forge.fails["GET", ""] = [Reply(404, "<html>Not here</html>")]

    assert f"{forge.api} is no forge's API: correct api_base_url" in check()
