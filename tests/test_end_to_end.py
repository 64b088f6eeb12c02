"""From a published file to one post on each platform and the link brought home: the real libraries over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost import platforms
from crosspost.check import run_checks
from crosspost.cli import act, execute
from crosspost.cli.backfill import fill_in
from crosspost.config.schema import Config
from crosspost.config.types import Template
from crosspost.delivery import account_cache
from crosspost.errors import UsageError
from crosspost.model import BackfillState, DeliveryState, IssueState
from crosspost.pipeline import run_pass
from crosspost.planning import refresh_limits
from crosspost.platforms import Level, stand_ins
from crosspost.sandbox import Fault, Sandbox
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, PLACEHOLDER, Rehearsal, issue_text

ONE_EACH = dict.fromkeys(platforms.names(), 1)
CRATE = "This week's crate is [lantern](https://example.org/lantern), a debugger front end."
DISCUSSION = "https://www.reddit.com/r/rust/comments/1abc2d/this_week_in_rust_665/"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def test_a_published_issue_is_announced_once_everywhere_and_gets_its_link(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)

        done = rehearsal.passes(app)

        assert done.exit_code == 0
        assert rehearsal.counts() == ONE_EACH
        (discussion,) = rehearsal.sandbox.posts("reddit")
        assert path.read_text() == issue_text(665, link=discussion.url)
        record = app.store.issue(665)
        assert record is not None
        assert record.state is IssueState.DONE


def test_further_passes_and_a_restart_change_nothing(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)

    with rehearsal.app() as app:
        for _ in range(3):
            rehearsal.clock.advance(hours=5)
            assert run_pass(app).exit_code == 0

    assert rehearsal.counts() == ONE_EACH


def test_what_is_posted_is_what_the_preview_showed(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rehearsal.publish(664)
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        assert execute(["-c", str(rehearsal.path), "preview", str(path), "--json"]) == 0
        shown = {post["platform"]: post for post in json.loads(capsys.readouterr().out)["posts"]}
        rehearsal.passes(app)

    for platform in ("mastodon", "x", "bluesky", "reddit"):
        (sent,) = rehearsal.sandbox.posts(platform)
        assert sent.text == shown[platform]["text"]
    (sent,) = rehearsal.sandbox.posts("discord")
    (embed,) = shown["discord"]["embeds"]
    assert embed["fields"] == sent.payload["embeds"][0]["fields"]


def test_an_issue_that_was_out_before_the_first_look_is_left_alone(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)

    with rehearsal.app() as app:
        assert run_pass(app).exit_code == 0

    assert sum(rehearsal.counts().values()) == 0


def test_an_editors_own_post_on_reddit_is_adopted(rehearsal: Rehearsal) -> None:
    rehearsal.sandbox.seed_post(
        "reddit",
        title="This Week in Rust 665",
        link="https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
        by="an_editor",
        at=NIGHT,
    )
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        rehearsal.passes(app)

    assert rehearsal.counts() == ONE_EACH
    assert rehearsal.sandbox.requests("reddit", "write") == ()
    (theirs,) = rehearsal.sandbox.posts("reddit")
    assert theirs.url in path.read_text()


def test_a_link_that_is_already_right_is_adopted_without_a_request(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665, issue_text(665, link=DISCUSSION))
        rehearsal.passes(app)

        (row,) = [row for row in app.store.deliveries(665) if row.account == "reddit"]
        assert (row.state, row.adopted, row.url) == (DeliveryState.SENT, True, DISCUSSION)
        link = app.store.backfill(665)
        assert link is not None
        assert (link.state, link.url) == (BackfillState.DONE, DISCUSSION)
    assert rehearsal.sandbox.requests("reddit") == ()


@pytest.mark.parametrize(
    "stale",
    [
        "https://www.reddit.com/r/rust/comments/1zzz9z/this_week_in_rust_664/",
        "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
    ],
    ids=["another issue's", "its own page"],
)
def test_a_stale_link_counts_as_not_filled(rehearsal: Rehearsal, stale: str) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665, issue_text(665, link=stale))
        rehearsal.passes(app)

    (discussion,) = rehearsal.sandbox.posts("reddit")
    assert path.read_text() == issue_text(665, link=discussion.url)


def test_a_platform_that_is_down_holds_back_no_other_and_goes_on_by_itself(rehearsal: Rehearsal) -> None:
    rehearsal.sandbox.fail("mastodon", Fault.STATUS, status=503, on="any", times=4)
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)

        first = run_pass(app)

        assert first.exit_code == 75
        assert rehearsal.counts() == {**ONE_EACH, "mastodon": 0}
        assert rehearsal.passes(app).exit_code == 0
    assert rehearsal.counts() == ONE_EACH


@pytest.mark.parametrize("platform", platforms.names())
def test_a_lost_answer_never_makes_a_second_post(rehearsal: Rehearsal, platform: str) -> None:
    rehearsal.sandbox.fail(platform, Fault.RESET, on="write", stored=True)
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)

        assert set(rehearsal.states(app, 665).values()) == {DeliveryState.SENT}
    assert rehearsal.counts() == ONE_EACH


def test_a_manual_account_is_never_written_to_and_waits_for_a_persons_word(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app(rehearsal.configured(modes={"reddit": "manual"})) as app:
        run_pass(app)
        path = rehearsal.publish(665)

        rehearsal.passes(app)
        done = run_pass(app)
        assert (done.exit_code, done.needs_person) == (0, False)
        assert rehearsal.counts() == {**ONE_EACH, "reddit": 0}

        rehearsal.sandbox.seed_post(
            "reddit",
            title="This Week in Rust 665",
            link="https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
            by="an_editor",
            at=rehearsal.clock(),
        )
        (theirs,) = rehearsal.sandbox.posts("reddit")
        act.record(app, 665, "reddit", theirs.url, again=False, confirm=print)
        assert run_pass(app).exit_code == 0
    assert rehearsal.sandbox.requests("reddit", "write") == ()
    assert theirs.url in path.read_text()


def test_a_pass_that_ends_with_1_says_each_time_where_to_look(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(["-c", str(rehearsal.path), "once"])
    rehearsal.publish(665)
    (rehearsal.folder / "secrets" / "mastodon-access-token").write_text("no-longer-valid")
    execute(["-c", str(rehearsal.path), "post", "665", "--yes"])

    for _ in range(2):
        capsys.readouterr()
        assert execute(["-c", str(rehearsal.path), "once"]) == 1
        said = capsys.readouterr()
        assert "crosspost status" in said.err
        assert said.out == ""


def test_an_issue_that_is_not_whole_waits_and_says_why(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665, issue_text(665).replace(CRATE, ""))

        assert run_pass(app).exit_code == 0

        record = app.store.issue(665)
        assert record is not None
        assert (record.state, record.reason) == (IssueState.WAITING, "no crate of the week")
        rehearsal.publish(665)
        rehearsal.passes(app)
    assert rehearsal.counts() == ONE_EACH


def test_a_publication_taken_back_while_it_is_quiet_is_never_announced(rehearsal: Rehearsal) -> None:
    from datetime import timedelta

    with rehearsal.app(rehearsal.configured(quiet_for=timedelta(minutes=10))) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        rehearsal.clock.advance(minutes=5)
        path.unlink()
        run_pass(app)
        rehearsal.clock.advance(hours=1)
        run_pass(app)

        record = app.store.issue(665)
        assert record is not None
        assert record.state is IssueState.WITHDRAWN
        assert sum(rehearsal.counts().values()) == 0

        rehearsal.publish(665)
        run_pass(app)
        rehearsal.clock.advance(minutes=11)
        rehearsal.passes(app)
    assert rehearsal.counts() == ONE_EACH


def test_reddit_before_the_merge_fills_the_draft_and_is_adopted_later(rehearsal: Rehearsal) -> None:
    draft = rehearsal.folder / "draft" / "2026-08-19-this-week-in-rust.md"
    draft.parent.mkdir()
    draft.write_text(issue_text(665))
    with rehearsal.app() as app:
        run_pass(app)

        assert act.post(app, str(draft), ["reddit"], confirm=print) == 0

        (discussion,) = rehearsal.sandbox.posts("reddit")
        assert rehearsal.counts() == {**dict.fromkeys(platforms.names(), 0), "reddit": 1}
        assert draft.read_text() == issue_text(665, link=discussion.url)

        rehearsal.publish(665, draft.read_text())
        rehearsal.passes(app)
        record = app.store.issue(665)
        assert record is not None
        assert record.state is IssueState.DONE
    assert rehearsal.counts() == ONE_EACH


def never(what: str) -> None:
    raise AssertionError(f"nobody was to be asked: {what}")


def test_posting_by_hand_makes_no_second_post(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)

        assert act.post(app, "665", [], confirm=never) == 0

    assert rehearsal.counts() == ONE_EACH
    assert "reddit.com/r/rust/comments" in capsys.readouterr().out


def test_an_old_issue_can_be_announced_by_hand(rehearsal: Rehearsal) -> None:
    rehearsal.publish(665)
    with rehearsal.app() as app:
        run_pass(app)

        assert act.post(app, "665", ["mastodon"], confirm=print) == 0

        assert rehearsal.counts() == {**dict.fromkeys(platforms.names(), 0), "mastodon": 1}
        run_pass(app)
    assert sum(rehearsal.counts().values()) == 1


def test_what_sharing_hangs_on_an_address_stays_out_of_the_issue(rehearsal: Rehearsal) -> None:
    shared = f"{DISCUSSION}?utm_source=share&utm_medium=web2x"
    with rehearsal.app(without_credentials(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        act.record(app, 665, "reddit", shared, again=False, confirm=print)
        rehearsal.passes(app)
        assert path.read_text() == issue_text(665, link=DISCUSSION)

        later = DISCUSSION.replace("1abc2d", "1abc3e")
        assert fill_in(app, "665", f"{later}?share_id=x", replace=True, confirm=print) == 0
        assert path.read_text() == issue_text(665, link=later)


def without_credentials(rehearsal: Rehearsal) -> Config:
    config = rehearsal.configured(only=("reddit",), modes={"reddit": "manual"})
    (reddit,) = config.accounts
    return replace(config, accounts=(replace(reddit, has_credentials=False),))


def nobody_agrees(doubt: str) -> None:
    raise UsageError(doubt)


def test_an_address_that_would_not_be_put_into_the_issue_is_not_recorded_either(
    rehearsal: Rehearsal,
) -> None:
    address = "https://www.reddit.com/r/rust/comments/1abc2d/the_rust_weekly_is_out/"
    with rehearsal.app(without_credentials(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        with pytest.raises(UsageError, match="does not name issue 665, so it would not be put into"):
            act.record(app, 665, "reddit", address, again=False, confirm=print)
        with pytest.raises(UsageError, match="does not name issue 665"):
            fill_in(app, "665", address, replace=False, confirm=print)

        elsewhere = DISCUSSION.replace("https://www.", "http://old.").rstrip("/")
        act.record(app, 665, "reddit", elsewhere, again=False, confirm=print)
        rehearsal.passes(app)
        (row,) = app.store.deliveries(665)
        assert row.url == DISCUSSION
        assert path.read_text() == issue_text(665, link=DISCUSSION)


def test_what_an_app_shares_is_recorded_as_the_thread_and_goes_into_the_issue(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = rehearsal.sandbox.seed_post(
        "reddit", title="This Week in Rust 665", link="https://example.org/", by="x"
    )
    with rehearsal.app(without_credentials(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)

        shared = f"reddit.com/r/rust/s/{theirs.id}"
        act.record(app, 665, "reddit", shared, again=False, confirm=nobody_agrees)
        act.record(app, 665, "reddit", f"redd.it/{theirs.id}", again=False, confirm=print)
        rehearsal.passes(app)
        (row,) = app.store.deliveries(665)
        assert row.url == theirs.url
        assert path.read_text() == issue_text(665, link=theirs.url)
    assert f"reddit: recorded: {theirs.url}" in capsys.readouterr().out


def test_an_address_that_nobody_can_verify_is_said_and_asked(rehearsal: Rehearsal) -> None:
    with rehearsal.app(without_credentials(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)

        shortened = "https://redd.it/1abc2d"
        with pytest.raises(
            UsageError, match=r"could not be read.*no credentials.*answered 404.*is not known"
        ):
            act.record(app, 665, "reddit", shortened, again=False, confirm=nobody_agrees)
        with pytest.raises(UsageError, match=r"could not be followed: .* answered 404"):
            act.record(app, 665, "reddit", "https://www.reddit.com/r/rust/s/none", again=False, confirm=print)
        (row,) = app.store.deliveries(665)
        assert row.state is DeliveryState.DUE

        act.record(app, 665, "reddit", shortened, again=False, confirm=print)
        rehearsal.passes(app)
        assert path.read_text() == issue_text(665, link=DISCUSSION)


def test_a_file_is_filled_without_a_configuration_and_nothing_else_is_made(
    rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CROSSPOST_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    file = tmp_path / "copy.md"
    file.write_text(issue_text(665))

    given = DISCUSSION.replace("https://www.", "old.") + "?utm_source=share"
    assert execute(["backfill", str(file), "--url", given]) == 0

    assert file.read_text() == issue_text(665, link=DISCUSSION)
    assert "only this file was edited" in capsys.readouterr().out
    assert execute(["backfill", str(file), "--url", DISCUSSION.replace("665", "664")]) == 2
    assert "is about 664, not about 665" in capsys.readouterr().err


def test_the_file_that_is_published_is_filled_by_hand_without_a_row_changing(rehearsal: Rehearsal) -> None:
    with rehearsal.app(without_credentials(rehearsal)) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        before = app.store.backfill(665), app.store.events(665)

        assert fill_in(app, str(path), DISCUSSION, replace=False, confirm=print) == 0

        assert path.read_text() == issue_text(665, link=DISCUSSION)
        assert before == (app.store.backfill(665), app.store.events(665))
        assert rehearsal.passes(app).exit_code == 0
        link = app.store.backfill(665)
        assert link is not None
        assert link.state is BackfillState.DONE


@pytest.mark.parametrize("platform", ["x", "bluesky", "mastodon"])
def test_an_address_too_long_for_a_post_is_said_and_nothing_longer_than_allowed_is_sent(
    rehearsal: Rehearsal, platform: str
) -> None:
    title = f"This Week in Rust 665 {'and so on ' * 40}".strip()
    with rehearsal.app(rehearsal.configured(only=(platform,))) as app:
        if platform == "mastodon":  # a server that counts addresses in full
            (account,) = app.config.accounts
            said = {"max_characters": 300, "addresses_in_full": 1}
            account_cache.save_limits(app.store, account, said, app.clock())
        run_pass(app)
        text = issue_text(665).replace("Title: This Week in Rust 665", f"Title: {title}")
        rehearsal.publish(665, text)
        done = rehearsal.passes(app)
        record = app.store.issue(665)
        assert record is not None
        if platform != "mastodon":  # an address counts as 23 characters on X, and stands in Bluesky's card
            assert record.state is IssueState.DONE
            return
        assert done.exit_code == 1
        assert record.state is IssueState.WAITING
        assert "characters, and its address alone has" in record.reason
        assert "give the issue a shorter Title, or a Slug" in record.reason

        rehearsal.publish(665, text.replace("Number:", "Slug: this-week-in-rust-665\nNumber:", 1))
        assert rehearsal.passes(app).exit_code == 0
        (post,) = app.store.deliveries(665)
        assert post.post.length <= post.post.limit


def test_a_link_put_into_a_private_copy_changes_that_file_and_no_row(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    copy = tmp_path / "copy" / "665.md"
    copy.parent.mkdir()
    copy.write_text(issue_text(665))
    config = rehearsal.configured(only=("reddit",), modes={"reddit": "manual"})
    with rehearsal.app(config) as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        before = (
            app.store.issue(665),
            app.store.backfill(665),
            app.store.events(665),
        )
        rehearsal.clock.advance(hours=1)

        assert fill_in(app, str(copy), f"{DISCUSSION}?share_id=x", replace=False, confirm=print) == 0

        assert copy.read_text() == issue_text(665, link=DISCUSSION)
        assert path.read_text() == issue_text(665)
        assert before == (
            app.store.issue(665),
            app.store.backfill(665),
            app.store.events(665),
        )


def test_a_link_filled_by_an_editor_meanwhile_stays_and_is_adopted(rehearsal: Rehearsal) -> None:
    rehearsal.sandbox.fail("reddit", Fault.STATUS, status=503, on="any", times=None)
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        run_pass(app)
        path.write_text(issue_text(665, link=DISCUSSION))
        rehearsal.passes(app)

        (row,) = [row for row in app.store.deliveries(665) if row.account == "reddit"]
        link = app.store.backfill(665)
        assert (row.state, row.url) == (DeliveryState.SENT, DISCUSSION)
        assert link is not None
        assert link.state is BackfillState.DONE
    assert rehearsal.sandbox.requests("reddit", "write") == ()


def test_status_and_history_tell_what_happened(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665)
        rehearsal.passes(app)

    assert execute(["-c", str(rehearsal.path), "status", "665", "--json"]) == 0
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert issue["state"] == "done"
    assert {row["account"]: row["state"] for row in issue["deliveries"]} == dict.fromkeys(
        platforms.names(), "sent"
    )
    assert issue["backfill"]["state"] == "done"

    assert execute(["-c", str(rehearsal.path), "history", "665"]) == 0
    story = capsys.readouterr().out
    assert "due → sending" in story
    assert PLACEHOLDER not in story


def test_a_manual_account_anywhere_gets_a_text_that_can_be_pasted(rehearsal: Rehearsal) -> None:
    every = dict.fromkeys(platforms.names(), "manual")
    with rehearsal.app(rehearsal.configured(modes=every)) as app:  # type: ignore[arg-type]  # each is a Literal
        run_pass(app)
        rehearsal.publish(665)
        run_pass(app)
        said = [act.delivery_line(app, row) for row in app.store.deliveries(665)]

    assert sum(rehearsal.counts().values()) == 0
    assert len(said) == len(platforms.names())
    for words in said:
        assert "to be posted by hand" in words
        assert "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/" in words.replace(
            "%2F", "/"
        ).replace("%3A", ":")
        assert "lantern" in words


def test_a_template_that_does_not_work_keeps_no_account_silent(rehearsal: Rehearsal) -> None:
    config = rehearsal.configured()
    accounts = tuple(
        replace(account, template=Template("{{ nonsense( }}")) if account.name == "mastodon" else account
        for account in config.accounts
    )
    with rehearsal.app(replace(config, accounts=accounts)) as app:
        run_pass(app)
        rehearsal.publish(665)
        assert rehearsal.passes(app).exit_code == 0

    assert rehearsal.counts() == ONE_EACH
    (sent,) = rehearsal.sandbox.posts("mastodon")
    assert sent.text.startswith("This Week in Rust 665")


def test_what_others_say_of_the_issue_is_neither_adopted_nor_brought_home(rehearsal: Rehearsal) -> None:
    url = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
    title = "This Week in Rust 665"
    with rehearsal.app() as app:
        run_pass(app)
        sandbox, yesterday = rehearsal.sandbox, rehearsal.clock() - timedelta(hours=20)
        for platform in ("mastodon", "x", "bluesky"):
            sandbox.seed_post(platform, text=f"Last call for {title}", at=yesterday)
        sandbox.seed_post("reddit", title=title, text=f"Discuss {url}", by="stranger")
        sandbox.seed_post("discord", text=f"is {url} out?", by="somebody")
        seeded = len(sandbox.posts())
        path = rehearsal.publish(665)

        assert rehearsal.passes(app).exit_code == 0

    made = sandbox.posts()[seeded:]
    assert sorted(post.platform for post in made) == sorted(platforms.names())
    (discussion,) = [post for post in made if post.platform == "reddit"]
    assert path.read_text() == issue_text(665, link=discussion.url)


def asked_for_limits(rehearsal: Rehearsal) -> int:
    return sum(
        request.path.rstrip("/").endswith("/instance") for request in rehearsal.sandbox.requests("mastodon")
    )


def test_an_instances_own_limits_are_asked_for_once_a_day_and_after_a_move(rehearsal: Rehearsal) -> None:
    config = rehearsal.configured(only=("mastodon",))
    with rehearsal.app(config) as app:
        refresh_limits(app)
        refresh_limits(app)
        assert asked_for_limits(rehearsal) == 1
        (target,) = app.targets()
        assert target.form.limit == 500
        rehearsal.clock.advance(days=1)
        refresh_limits(app)
        assert asked_for_limits(rehearsal) == 2

    there = rehearsal.sandbox.addresses["mastodon"].replace("127.0.0.1", "localhost")
    (account,) = config.accounts
    moved = replace(account, settings=replace(account.settings, api_base_url=there))
    rehearsal.sandbox.speak_as("mastodon", "gotosocial")
    with rehearsal.app(replace(config, accounts=(moved,))) as app:
        refresh_limits(app)
        assert asked_for_limits(rehearsal) == 3
        (target,) = app.targets()
        assert target.form.count(f"https://example.org/{'x' * 100}") == 120


@pytest.mark.parametrize("server", ["gotosocial", "hollo", "snac"])
def test_the_whole_job_on_a_server_that_is_not_mastodon(rehearsal: Rehearsal, server: str) -> None:
    rehearsal.sandbox.speak_as("mastodon", server)
    with rehearsal.app(rehearsal.configured(only=("mastodon",))) as app:
        assert all(
            finding.level is not Level.FAIL
            for finding in run_checks(app)
            if finding.what.startswith("mastodon")
        )
        run_pass(app)
        text = issue_text(665)
        for title in ("Announcing something", "Reading code aloud"):
            text = text.replace(title, f"{title} {'at length ' * 40}".strip())
        rehearsal.publish(665, text)
        assert rehearsal.passes(app).exit_code == 0

    (sent,) = rehearsal.sandbox.posts("mastodon")
    assert sent.link.endswith("/this-week-in-rust-665/")


def test_preview_of_a_planned_issue_shows_what_is_kept_and_asks_no_source(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        rehearsal.passes(app)
    path.unlink()

    assert execute(["-c", str(rehearsal.path), "preview", "665", "--json"]) == 0

    shown = {post["platform"]: post for post in json.loads(capsys.readouterr().out)["posts"]}
    (sent,) = rehearsal.sandbox.posts("mastodon")
    assert shown["mastodon"]["text"] == sent.text


def test_an_issue_taken_back_after_its_announcement_is_told_until_it_is_back(
    rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        rehearsal.passes(app)
        text = path.read_text()
        caplog.clear()

        path.unlink()
        run_pass(app)
        run_pass(app)
        record = app.store.issue(665)
        assert record is not None
        assert (record.state, "too late to withdraw it" in record.reason) == (IssueState.DONE, True)
        told = [each for each in caplog.records if "a person is needed" in each.getMessage()]
        assert len(told) == 1

        path.write_text(text)
        run_pass(app)
        record = app.store.issue(665)
        assert record is not None
        assert (record.state, record.reason) == (IssueState.DONE, "")
        assert any("resolved" in each.getMessage() for each in caplog.records)
    assert rehearsal.counts() == ONE_EACH


def test_a_picture_goes_along_where_it_is_wanted_with_the_words_that_say_the_same(
    rehearsal: Rehearsal,
) -> None:
    config = rehearsal.configured()
    config = replace(config, accounts=tuple(replace(account, card=True) for account in config.accounts))
    with rehearsal.app(config) as app:
        run_pass(app)
        rehearsal.publish(665)
        assert rehearsal.passes(app).exit_code == 0

    assert rehearsal.counts() == ONE_EACH
    for platform in ("mastodon", "x", "discord", "bluesky"):
        (sent,) = rehearsal.sandbox.posts(platform)
        assert sent.picture is not None, platform
        assert sent.picture.data.startswith(b"\x89PNG")
        assert "This Week in Rust 665" in sent.picture.alt


HOW_IT_IS_SENT = {
    *("$type", "createdAt", "thumb"),  # Bluesky's record around its text, facets and card
    *(
        "nonce",
        "enforce_nonce",
        "tts",
        "components",
        "allowed_mentions",
        "flags",
        "image",
        "filename",
        "id",
    ),  # Discord
    *("visibility", "media_ids"),  # Mastodon and X: the ids of what was uploaded
    *("api_type", "kind", "nsfw", "resubmit", "sendreplies", "spoiler", "sr", "validate_on_submit"),  # Reddit
}
"""What a request says of where and how a post goes; no reader sees it."""


def said(sent: object) -> Iterator[object]:
    """Every value of a request that is part of the post."""
    if isinstance(sent, Mapping):
        for name, value in sent.items():
            if name not in HOW_IT_IS_SENT:
                yield from said(value)
    elif isinstance(sent, list | tuple):
        for value in sent:
            yield from said(value)
    else:
        yield sent


@pytest.mark.parametrize("with_card", [False, True])
def test_what_is_not_in_the_document_of_the_preview_is_not_sent(
    rehearsal: Rehearsal, with_card: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    config = rehearsal.configured()
    config = replace(config, accounts=tuple(replace(each, card=with_card) for each in config.accounts))
    with rehearsal.app(config) as app:
        run_pass(app)
        rehearsal.publish(665)
        assert rehearsal.passes(app).exit_code == 0
    capsys.readouterr()

    assert execute(["-c", str(rehearsal.path), "preview", "665", "--json"]) == 0

    shown = {post["platform"]: post for post in json.loads(capsys.readouterr().out)["posts"]}
    assert set(shown) == set(platforms.names())
    for platform, post in shown.items():
        (sent,) = rehearsal.sandbox.posts(platform)
        values = list(said(sent.payload))
        assert post["text"] in values, platform
        assert [value for value in values if value not in list(said(post))] == [], platform
        if sent.picture is not None:
            assert sent.picture.alt in (post["alt"], post.get("card", {}).get("title"))
