"""Eleven newsletters of other kinds, with at most ten lines of configuration each: their posts, and the way there.

A folder of tests/newsletters has `config.toml`, the files as they stand in the newsletter's repository (the last by
name is the issue, those before were out already), and `posts.txt`: what people read. To refresh it after a change
that is meant:

    UPDATE_GOLDEN=1 pytest tests/test_other_newsletters.py
    git diff tests/newsletters
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from crosspost import parse
from crosspost.app import App, load_config
from crosspost.cli import execute
from crosspost.model import DeliveryState, IssueState, Post
from crosspost.pipeline import run_pass
from crosspost.planning import posts_for
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from tests.conftest import MovableClock
from tests.newsroom import Checkout

FOLDER = Path(__file__).with_name("newsletters")
FAMILIES = sorted(each.name for each in FOLDER.iterdir() if each.is_dir())
TUESDAY = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stand_ins()) as sandbox:
        yield sandbox


def files_of(family: str) -> list[Path]:
    return sorted(each for each in (FOLDER / family).rglob("*.m*") if each.is_file())


def configured(family: str, folder: Path, sandbox: Sandbox, remote: str) -> Path:
    """The family's own lines, beside the store and the accounts of a rehearsal."""
    rehearsal = sandbox.configuration(
        store_url=f"sqlite:///{folder}/crosspost.db", source_url=remote, folder=folder
    )
    common = re.sub(r"\[(?:newsletter|source|backfill)\]\n(?:[^\[\n].*\n)*", "", rehearsal)
    own = (FOLDER / family / "config.toml").read_text().replace("REMOTE", remote)
    path = folder / "config.toml"
    path.write_text(f"{own}\n{common}")
    return path


def test_there_are_at_least_eight_and_none_needs_more_than_ten_lines() -> None:
    assert len(FAMILIES) >= 8
    for family in FAMILIES:
        lines = (FOLDER / family / "config.toml").read_text().splitlines()
        assert len([line for line in lines if line]) <= 11, family  # one of them is the table's name


@pytest.mark.parametrize("family", FAMILIES)
def test_the_posts_are_those_that_were_read_and_agreed_on(
    family: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    path = configured(family, tmp_path, sandbox, "/srv/newsletter.git")
    with App(load_config(path, secrets=True)) as app:
        file = files_of(family)[-1]
        issue = parse.parse_bytes(
            file.read_bytes(),
            newsletter=app.config.newsletter,
            path=str(file.relative_to(FOLDER / family)),
        )
        shown = f"{issue.number} · {issue.title} · {issue.url}\n\n" + "".join(
            map(read, posts_for(app, issue))
        )
    golden = FOLDER / family / "posts.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")

    assert not issue.findings or family == "pelican"
    assert "rust" not in shown.lower()
    assert shown == golden.read_text(encoding="utf-8")


def read(post: Post) -> str:
    parts = [post.text]
    for embed in post.fields.get("embeds", ()):
        parts += [embed["title"], embed.get("description", "")]
    return (
        f"═══ {post.platform} ═══ {post.length} of {post.limit}\n" + "\n\n".join(filter(None, parts)) + "\n\n"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_an_issue_goes_from_git_to_every_platform_once(family: str, tmp_path: Path, sandbox: Sandbox) -> None:
    *before, news = [(str(each.relative_to(FOLDER / family)), each.read_bytes()) for each in files_of(family)]
    editor = Checkout.begin(tmp_path)
    editor.commit(dict(before))
    clock = MovableClock(TUESDAY)
    with App(
        load_config(configured(family, tmp_path, sandbox, str(editor.remote)), secrets=True), clock
    ) as app:
        assert run_pass(app).exit_code == 0
        editor.commit(dict([news]))
        publish(app, news, sandbox)

        done = run_pass(app)
        for _ in range(8):
            if done.unfinished and (due := app.next_due()):
                clock.now = max(clock.now, due)
            done = run_pass(app)

        (record,) = [each for each in app.store.issues(*IssueState) if each.state is not IssueState.BASELINE]
        rows = app.store.deliveries(record.number)
        assert (done.problems, record.state) == ((), IssueState.DONE), record.reason
        assert {row.state for row in rows} == {DeliveryState.SENT}
        assert {name: len(sandbox.posts(name)) for name in app.accounts} == dict.fromkeys(app.accounts, 1)


@pytest.mark.parametrize("family", FAMILIES)
def test_parse_names_no_section_that_the_newsletter_does_not_have(
    family: str, tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configured(family, tmp_path, sandbox, "/srv/newsletter.git")

    assert execute(["-c", str(path), "parse", str(files_of(family)[-1])]) == 0
    assert not re.search("crate|RFC|pull request|quote of the week", capsys.readouterr().out)


def publish(app: App, news: tuple[str, bytes], sandbox: Sandbox) -> None:
    """Put the issue's page where its address says."""
    issue = parse.parse_bytes(news[1], newsletter=app.config.newsletter, path=news[0])
    path = issue.url.removeprefix(app.config.newsletter.site)
    sandbox.publish_page(unquote(path), f"<!doctype html><title>{issue.title}</title>")
    assert urlsplit(issue.url).scheme == "https"
