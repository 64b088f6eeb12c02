"""`retract`, `amend`, `post --again`: the command line, the real adapters over HTTP, the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.alerts.conditions import alerts_of
from crosspost.app import load_config
from crosspost.cli import execute
from crosspost.model import utcnow
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from crosspost.status import status
from crosspost.web import pages
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text

EVERYWHERE = dict.fromkeys(platforms.names(), 1)
NOWHERE = dict.fromkeys(platforms.names(), 0)
EDITABLE = {"discord", "mastodon", "reddit"}


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def crosspost(rehearsal: Rehearsal, *arguments: str) -> int:
    return execute(["-c", str(rehearsal.path), *arguments])


def publish(rehearsal: Rehearsal, text: str | None = None) -> Path:
    today = datetime.now(UTC).date()
    return rehearsal.publish(665, text or issue_text(665, day=today), day=today)


def announced(rehearsal: Rehearsal) -> Path:
    crosspost(rehearsal, "once")
    path = publish(rehearsal)
    for _ in range(3):
        crosspost(rehearsal, "once")
    assert there(rehearsal) == EVERYWHERE
    return path


def there(rehearsal: Rehearsal) -> dict[str, int]:
    posts = [post.platform for post in rehearsal.sandbox.posts() if not post.deleted]
    return {name: posts.count(name) for name in platforms.names()}


def shown(rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    crosspost(rehearsal, "status", "665", "--json")
    found: dict[str, object] = json.loads(capsys.readouterr().out)["issues"][0]
    return found


def test_a_retraction_needs_a_yes_and_says_what_it_would_delete(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    announced(rehearsal)

    assert crosspost(rehearsal, "retract", "665") == 2

    said = capsys.readouterr().err
    assert "This Week in Rust 665 would be retracted" in said
    assert rehearsal.sandbox.posts("mastodon")[0].url in said
    assert there(rehearsal) == EVERYWHERE


def test_a_retraction_deletes_every_post_and_nothing_posts_it_again(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = announced(rehearsal)

    assert crosspost(rehearsal, "retract", "665", "--yes") == 0

    said = capsys.readouterr().out
    assert there(rehearsal) == NOWHERE
    assert said.count("retracted: deleted") == 5
    assert "link: it stays in the issue" in said
    assert "comments" in path.read_text()
    path.write_text(path.read_text() + "\n")
    for _ in range(2):
        assert crosspost(rehearsal, "once") == 0
    assert crosspost(rehearsal, "post", "665") == 0
    assert there(rehearsal) == NOWHERE
    assert crosspost(rehearsal, "retract", "665", "--yes") == 0


def test_only_the_named_accounts_are_taken_back_and_can_be_posted_again(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = announced(rehearsal)
    path.write_text(path.read_text().replace("lantern", "beacon"))
    assert crosspost(rehearsal, "retract", "665", "x", "bluesky", "--yes") == 0
    assert there(rehearsal) == {**EVERYWHERE, "x": 0, "bluesky": 0}

    assert crosspost(rehearsal, "post", "665", "--again") == 2
    assert "posted again on" in capsys.readouterr().err
    assert crosspost(rehearsal, "post", "665", "--again", "--yes") == 0

    assert there(rehearsal) == EVERYWHERE
    corrected = {post.platform for post in rehearsal.sandbox.posts() if "beacon" in str(post.payload)}
    assert corrected == {"x", "bluesky"}, "what is posted again has the words of now"


def test_an_unanswered_retraction_exits_75_and_the_next_pass_ends_it(rehearsal: Rehearsal) -> None:
    announced(rehearsal)
    rehearsal.sandbox.fail("mastodon", Fault.STATUS, status=503)

    assert crosspost(rehearsal, "retract", "665", "mastodon", "--yes") == 75

    assert there(rehearsal) == EVERYWHERE
    with rehearsal.app() as app:
        app.clock = rehearsal.clock
        rehearsal.clock.now = utcnow()
        rehearsal.passes(app)
    assert there(rehearsal) == {**EVERYWHERE, "mastodon": 0}


def test_an_unfinished_link_is_switched_off(rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    crosspost(rehearsal, "once")
    publish(rehearsal)
    rehearsal.sandbox.fail("reddit", Fault.EOF, on="any", times=None)
    crosspost(rehearsal, "once")
    rehearsal.sandbox.clear_faults()

    assert crosspost(rehearsal, "retract", "665", "--yes") == 0

    issue = shown(rehearsal, capsys)
    assert issue["backfill"] == {"state": "off", "url": None, "reason": "the discussion was retracted"}
    assert issue["state"] == "done"


def test_somebody_elses_post_is_refused_by_name(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    crosspost(rehearsal, "once")
    publish(rehearsal)
    day = datetime.now(UTC).date()
    link = f"https://this-week-in-rust.org/blog/{day:%Y/%m/%d}/this-week-in-rust-665/"
    rehearsal.sandbox.seed_post("reddit", title="This Week in Rust 665", link=link, by="an_editor")
    crosspost(rehearsal, "once")

    assert crosspost(rehearsal, "retract", "665", "reddit", "--yes") == 1

    assert "u/an_editor wrote it" in capsys.readouterr().out
    assert there(rehearsal)["reddit"] == 1


def test_nothing_is_edited_when_nothing_that_was_posted_changed(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = announced(rehearsal)
    path.write_text(path.read_text().replace("an editor", "another editor"))
    before = len([each for each in rehearsal.sandbox.requests() if each.kind == "write"])

    assert crosspost(rehearsal, "amend", "665") == 0

    assert capsys.readouterr().out.count("nothing that was posted changed") == 5
    assert before == len([each for each in rehearsal.sandbox.requests() if each.kind == "write"])


def test_a_corrected_crate_is_shown_by_status_and_amended_where_it_can_be(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = announced(rehearsal)
    addresses = {post.platform: post.url for post in rehearsal.sandbox.posts()}
    path.write_text(path.read_text().replace("lantern", "beacon"))
    crosspost(rehearsal, "once")

    issue = shown(rehearsal, capsys)
    assert issue["correction"] == "the crate of the week changed; `crosspost amend 665` would edit 3 posts"
    assert all("beacon" not in str(post.payload) for post in rehearsal.sandbox.posts())
    crosspost(rehearsal, "status")
    assert "would edit 3 posts" in capsys.readouterr().out
    with rehearsal.app() as app:
        assert "The crate of the week changed; crosspost amend 665" in (pages.issue(app, 665) or "")

    assert crosspost(rehearsal, "amend", "665") == 1

    said = capsys.readouterr().out
    edited = {post.platform for post in rehearsal.sandbox.posts() if "beacon" in str(post.payload)}
    assert edited == EDITABLE
    for name in EDITABLE:
        assert f"\n{name}: amended: http" in said
    for name in ("x", "bluesky"):
        assert f"{name}: not amended: posts on {name} cannot be edited" in said
        assert f"crosspost retract 665 {name}" in said
        assert f"crosspost post 665 --to {name} --again" in said
    assert {post.platform: post.url for post in rehearsal.sandbox.posts()} == addresses
    assert shown(rehearsal, capsys)["correction"] is None
    assert crosspost(rehearsal, "amend", "665", *sorted(EDITABLE)) == 0


def test_a_correction_is_an_alert_only_where_it_is_asked_for(rehearsal: Rehearsal) -> None:
    path = announced(rehearsal)
    path.write_text(path.read_text().replace("lantern", "beacon"))
    crosspost(rehearsal, "once")
    for wanted in (False, True):
        text = rehearsal.path.read_text()
        rehearsal.path.write_text(f"{text}\n[alerts]\ncorrections = true\n" if wanted else text)
        with rehearsal.app(load_config(rehearsal.path, secrets=True)) as app:
            found = alerts_of(status(app.store), app.config, utcnow())
        assert any("corrections" in alert.key for alert in found) is wanted


def test_an_unknown_issue_or_account_is_said(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    announced(rehearsal)
    assert crosspost(rehearsal, "retract", "1", "--yes") == 2
    assert crosspost(rehearsal, "retract", "665", "mastodn", "--yes") == 2
    assert crosspost(rehearsal, "amend", "665", "mastodn") == 2
    assert "it is for" in capsys.readouterr().err
