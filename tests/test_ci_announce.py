"""The workflow that announces: on machines that keep nothing, against the sandbox, every step for real."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crosspost import platforms
from crosspost.sandbox import Fault, Sandbox
from tests.ci_github import WORKFLOWS, Runner, propose
from tests.forge.standin import REPOSITORY, StandIn
from tests.forge.standin import forge as standing_in
from tests.newsroom import Checkout, issue_text
from tests.web_server import Asked, Reply

pytestmark = pytest.mark.slow

NAMES = {"MASTODON_TOKEN": "MASTODON_ACCESS_TOKEN", "DISCORD_TOKEN": "DISCORD_BOT_TOKEN"}
"""Where the workflow calls a secret otherwise than the sandbox does."""


class Newsroom(Runner):
    """The same with platforms, and an issue that is merged."""

    sandbox: Sandbox
    issue: str
    """Its page's path."""


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    editor = Checkout.begin(tmp_path)
    with Sandbox(platforms.stand_ins()) as sandbox, standing_in(editor.remote, "github") as forge:
        there = Newsroom(tmp_path, editor, forge)
        there.sandbox = sandbox
        there.secrets = {
            ours: sandbox.environment[f"SANDBOX_{NAMES.get(ours, ours)}"]
            for ours in secrets_of_the_workflow()
        }
        forge.server.answer = knowing_commits(forge)
        configuration = sandbox.configuration(
            store_url=f"sqlite:///{tmp_path}/store/crosspost.db", source_url=f"file://{editor.remote}"
        )
        for ours in secrets_of_the_workflow():
            configuration = configuration.replace(f'"SANDBOX_{NAMES.get(ours, ours)}"', f'"{ours}"')
        configuration = re.sub(r"(?m)^(client_id|client_secret|refresh_token) = .*\n", "", configuration)
        configuration = configuration.replace(
            'platform = "reddit"\n', 'platform = "reddit"\nmode = "manual"\n'
        )
        editor.commit({"README.md": "Hello", ".github/crosspost.toml": configuration})
        yield there


def secrets_of_the_workflow() -> list[str]:
    (step,) = (
        each
        for each in WORKFLOWS["announce.yml"]["jobs"]["announce"]["steps"]
        if each.get("id") == "announce"
    )
    return [name for name in step["env"] if name != "GITHUB_TOKEN"]


def knowing_commits(forge: StandIn) -> Any:
    """What the forge answers, and which pull request brought a commit (docs.github.com/rest/commits/commits)."""
    answer = forge.answer

    def answers(asked: Asked) -> Reply:
        if re.fullmatch(rf"/repos/{REPOSITORY}/commits/[0-9a-f]{{40}}/pulls", asked.path):
            assert asked.headers["authorization"] == "Bearer forge-secret"
            return Reply(200, json.dumps([{"number": 1}]))
        return answer(asked)

    return answers


def merged(newsroom: Newsroom, *, live: bool = True) -> None:
    """An issue comes to the default branch by a pull request, today."""
    today = datetime.now(UTC).date()
    path = f"content/{today}-this-week-in-rust.md"
    propose(newsroom, {path: issue_text(665, day=f"{today}")})
    newsroom.editor.git("merge", "-q", "--no-ff", "-m", "merge", "issue-665", at=datetime.now(UTC))
    newsroom.editor.git("push", "-q", "origin", "HEAD:main")
    newsroom.issue = f"/blog/{today:%Y/%m/%d}/this-week-in-rust-665/"
    if live:
        newsroom.sandbox.publish_page(newsroom.issue, "<h1>This Week in Rust 665</h1>")


AUTOMATIC = {"mastodon": 1, "x": 1, "discord": 1, "bluesky": 1, "reddit": 0}


def posted(newsroom: Newsroom) -> dict[str, int]:
    return {name: len(newsroom.sandbox.posts(name)) for name in platforms.names()}


def forget(newsroom: Newsroom) -> None:
    """The next machine has nothing of this one."""
    shutil.rmtree(newsroom.folder / "store", ignore_errors=True)


def test_a_merge_announces_once_and_the_pull_request_says_where(newsroom: Newsroom) -> None:
    merged(newsroom)

    job = newsroom.announce("push", wait="30s")

    assert job is not None
    assert not job.failed, job.log
    assert posted(newsroom) == AUTOMATIC
    (body,) = newsroom.comments[1]
    assert all(post.url in body for post in newsroom.sandbox.posts())
    assert newsroom.announce("schedule") is None  # it is settled, and no reviewer is asked

    newsroom.editor.git("pull", "-q", "origin", "main")
    for path in newsroom.editor.place.glob("content/*"):
        newsroom.editor.commit({f"content/{path.name}": path.read_text() + "\nWith a link.\n"})
    assert newsroom.announce("push") is None

    forget(newsroom)
    again = newsroom.announce("workflow_dispatch", wait="30s")
    assert again is not None
    assert not again.failed, again.log
    assert posted(newsroom) == AUTOMATIC


def test_what_is_not_finished_is_green_and_the_schedule_goes_on(newsroom: Newsroom) -> None:
    newsroom.sandbox.fail("mastodon", Fault.RATE_LIMITED, times=None, reset=3600)
    merged(newsroom)

    job = newsroom.announce("push", wait="1s")
    assert job is not None
    assert not job.failed, job.log
    assert "::notice title=crosspost::Not finished yet" in job.log
    assert newsroom.cache == set()

    forget(newsroom)
    newsroom.sandbox.clear_faults()
    job = newsroom.announce("schedule", wait="30s")
    assert job is not None
    assert not job.failed, job.log
    assert posted(newsroom) == AUTOMATIC
    assert newsroom.announce("schedule") is None


def test_an_issue_that_waits_is_looked_at_again_by_the_schedule(newsroom: Newsroom) -> None:
    merged(newsroom, live=False)

    job = newsroom.announce("push", wait="1s")
    assert job is not None
    assert not job.failed, job.log
    assert posted(newsroom) == dict.fromkeys(platforms.names(), 0)
    assert newsroom.cache == set()

    forget(newsroom)
    newsroom.sandbox.publish_page(newsroom.issue, "<h1>This Week in Rust 665</h1>")
    newsroom.announce("schedule", wait="30s")
    assert posted(newsroom) == AUTOMATIC


def test_only_the_step_that_announces_has_the_secrets(newsroom: Newsroom) -> None:
    merged(newsroom)
    job = newsroom.announce("push", wait="30s")

    assert job is not None
    having = [env for _, env in job.seen if set(newsroom.secrets.values()) & set(env.values())]
    assert having
    assert all(env.get("COMMAND", "once").startswith("once") for env in having)


def test_a_night_without_an_issue_asks_nobody(newsroom: Newsroom) -> None:
    newsroom.editor.commit({"content/old.md": "an old one"}, at=datetime(2026, 1, 1, tzinfo=UTC))
    newsroom.editor.commit({"README.md": "Hello again"}, at=datetime.now(UTC))

    assert newsroom.announce("schedule") is None
