"""What holds on every real server there is: one post each time, the right state, the right reason."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crosspost import platforms
from crosspost.cli.login import login
from crosspost.compose import Target, compose
from crosspost.compose.digest import digest
from crosspost.model import Rejected, Sent
from crosspost.parse import parse_bytes
from crosspost.platforms import Attempt
from tests.real.cutting_proxy import Cut
from tests.real.desk import ACCOUNT, NUMBER, PATIENCE, RealDesk
from tests.real.server import RealServer, cannot

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("process_as_it_was")]


def test_a_login_stores_a_token_that_check_is_content_with(desk: RealDesk) -> None:
    for key in desk.account.secrets:
        (desk.folder / key).unlink()

    login(desk.config(), ACCOUNT, desk.account.prompts())

    assert desk.run("check") == 0, desk.said
    assert desk.account.name in desk.said
    assert not desk.account.posts()


@pytest.mark.parametrize("card", [False, True], ids=["text", "picture"])
def test_an_issue_is_delivered_once_and_reads_as_it_was_previewed(
    server: RealServer, tmp_path: Path, card: bool
) -> None:
    desk = RealDesk(tmp_path, server, card=card)

    desk.delivered()

    (post,) = desk.account.posts()
    previewed = desk.preview()
    assert post.text == previewed["text"]
    assert post.language in (previewed["language"], None)
    assert post.facets in (previewed.get("facets"), None)
    assert post.card in (previewed.get("card"), None)
    assert bool(post.picture) is card, desk.row()
    assert post.alt in (previewed["alt"], None)
    row = desk.row()
    assert (row["state"], row["adopted"], row["attempts"]) == ("sent", False, 1)
    assert (post.url or post.id) in row["url"]


@pytest.mark.parametrize(
    ("where", "requests"),
    [(Cut.BEFORE_THE_REQUEST, 2), (Cut.BEFORE_THE_REQUEST_ENDS, 2), (Cut.BEFORE_THE_ANSWER, 1)],
)
def test_a_connection_cut_on_the_way_leaves_one_post(desk: RealDesk, where: Cut, requests: int) -> None:
    if where is Cut.BEFORE_THE_REQUEST_ENDS and not desk.server.reads_whole_requests:
        cannot(f"{desk.server.name} takes half a request for a whole one")
    desk.server.proxy.cut(where, desk.server.is_write)

    desk.delivered()

    (post,) = desk.account.posts()
    row = desk.row()
    assert row["state"] == "sent", row
    assert (post.url or post.id) in row["url"]
    assert len(desk.server.proxy.sent(desk.server.is_write)) == requests
    desk.run("history", str(NUMBER))
    assert "uncertain" in desk.said


def test_half_a_post_is_left_to_a_person(desk: RealDesk) -> None:
    if desk.server.reads_whole_requests:
        cannot(f"{desk.server.name} takes no half request")
    desk.server.proxy.cut(Cut.BEFORE_THE_REQUEST_ENDS, desk.server.is_write)
    desk.baseline()
    desk.publish()

    assert desk.settle() == 1, desk.row()

    assert desk.row()["state"] == "uncertain"
    assert "only the beginning" in desk.row()["reason"]
    assert len(desk.account.posts()) == 1


@pytest.mark.parametrize(
    ("where", "requests"), [(Cut.HELD_BEFORE_THE_REQUEST, 2), (Cut.HELD_BEFORE_THE_ANSWER, 1)]
)
def test_a_process_killed_while_it_sends_leaves_one_post(desk: RealDesk, where: Cut, requests: int) -> None:
    desk.baseline()
    desk.publish()
    desk.server.proxy.cut(where, desk.server.is_write)
    killed = desk.started("once")
    assert desk.server.proxy.held.wait(120), (desk.folder / "log").read_text()

    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    assert desk.row()["state"] == "sending"
    assert desk.settle() == 0, desk.row()
    (post,) = desk.account.posts()
    assert (post.url or post.id) in desk.row()["url"]
    assert len(desk.server.proxy.sent(desk.server.is_write)) == requests


def test_a_revoked_token_stops_the_delivery_until_there_is_another(desk: RealDesk) -> None:
    desk.baseline()
    desk.publish()
    desk.account.revoke()

    assert desk.run("once") == (1 if desk.server.in_words else 75), desk.said
    row = desk.row()
    assert row["state"] == ("stuck" if desk.server.in_words else "due"), row
    assert "answered 4" in row["reason"], row
    assert desk.run("check") == 1
    assert not desk.account.posts()

    desk.keep(desk.account.renewed())
    if desk.server.in_words:
        assert desk.run("retry", str(NUMBER)) in (0, 75), desk.said
    assert desk.settle() == 0, desk.row()
    assert len(desk.account.posts()) == 1


def test_a_token_that_may_only_read_stops_the_delivery(desk: RealDesk) -> None:
    desk.keep(desk.account.read_only())
    desk.baseline()
    desk.publish()

    assert desk.settle() == 1
    assert desk.row()["state"] == "stuck", desk.row()
    assert not desk.account.posts()


def test_an_account_that_is_shut_stops_the_delivery(desk: RealDesk) -> None:
    desk.baseline()
    desk.publish()
    desk.account.deactivate()

    assert desk.settle() == 1
    row = desk.row()
    assert row["state"] == "stuck", row
    assert "deactivated" in row["reason"].lower(), row
    assert desk.run("check") == 1, desk.said


def test_a_token_that_expires_while_it_is_used_is_renewed(desk: RealDesk) -> None:
    desk.server.proxy.replace_headers(desk.account.expired(), desk.server.is_read)

    desk.delivered()

    assert len(desk.account.posts()) == 1
    refused = [each.status for each in desk.server.proxy.sent(desk.server.is_read)]
    assert [status for status in refused if status != 200] == [400], refused


def test_a_token_that_nobody_handed_out_is_refused_and_another_is_got(desk: RealDesk) -> None:
    desk.account.expired()  # the server has sessions
    desk.server.proxy.replace_headers({"Authorization": "Bearer of-somebody-else"}, desk.server.is_read)

    desk.delivered()

    assert len(desk.account.posts()) == 1


def test_a_text_that_the_server_finds_too_long_is_refused_for_good(desk: RealDesk) -> None:
    if not desk.server.too_long:
        cannot(f"{desk.server.name} takes a text of any length")
    post = replace(a_post(desk), text=desk.server.too_long)
    account = desk.connect()

    outcome = account.send(post, Attempt("twir-678-it", 1, 30.0, lambda: None))
    account.close()

    assert isinstance(outcome, Rejected), outcome
    assert not desk.account.posts()


def test_the_servers_own_rate_limit_is_waited_for(desk: RealDesk) -> None:
    desk.account.use_up_the_rate()
    desk.server.proxy.headers, usual = {}, desk.server.proxy.headers
    try:
        desk.baseline()
        desk.publish()
        assert desk.run("once") == 75, desk.said
        row = desk.row()
        assert row["state"] == "due", row
        assert "429" in row["reason"], row
        assert datetime.fromisoformat(row["not_before"]) > datetime.now(UTC)
        assert not desk.account.posts()
    finally:
        desk.server.proxy.headers = usual


def test_a_server_that_is_down_is_waited_for(desk: RealDesk) -> None:
    desk.baseline()
    desk.publish()
    desk.server.kill()
    try:
        assert desk.run("once") == 75, desk.said
        row = desk.row()
        assert row["state"] == "due", row
    finally:
        desk.server.start()

    assert desk.settle() == 0, desk.row()
    assert len(desk.account.posts()) == 1


@pytest.mark.parametrize("card", [False, True], ids=["text", "picture"])
def test_a_post_is_amended_where_posts_can_be_edited(server: RealServer, tmp_path: Path, card: bool) -> None:
    desk = RealDesk(tmp_path, server, card=card)
    desk.delivered()
    (before,) = desk.account.posts()
    desk.publish(change="A tokenizer in fifty lines")
    editable = desk.config().accounts[0].settings.is_editable()

    code = desk.run("amend", str(NUMBER))

    (after,) = desk.account.posts()
    assert code == (0 if editable else 1), desk.said
    assert ("cannot be edited" in desk.said) is not editable
    assert after.text == (desk.preview()["text"] if editable else before.text)
    assert (after.text != before.text) is editable
    assert (after.picture, after.alt) == (before.picture, before.alt)
    assert (after.url or after.id) == (before.url or before.id)


def test_a_machine_that_keeps_nothing_posts_once(desk: RealDesk) -> None:
    if not desk.server.knows_keys:
        cannot(f"{desk.server.name} knows no keys, so each run looks for a minute first: too long for a test")
    desk.publish()
    desk.server.proxy.cut(Cut.BEFORE_THE_ANSWER, desk.server.is_write)
    for _ in range(60):  # it looks first
        assert desk.run("once", "--newest") == 75, desk.said
        if desk.account.posts():
            break
        time.sleep(0.5)

    for file in desk.folder.glob("rows.db*"):
        file.unlink()
    assert desk.run("once", "--newest", "--wait", PATIENCE) == 0, (desk.said, desk.row())

    (post,) = desk.account.posts()
    row = desk.row()
    assert (row["state"], row["attempts"]) == ("sent", 0), row
    assert post.id in row["url"]


def test_a_post_is_retracted_and_seen_to_be_gone(desk: RealDesk) -> None:
    desk.delivered()

    code = desk.run("retract", str(NUMBER), "--yes")

    row = desk.row()
    if not desk.server.deletes:
        assert code == 75, desk.said
        assert (row["state"], row["request"]) == ("sent", "retract"), row
        assert "answered 404" in row["reason"], row
        return
    assert code == 0, desk.said
    assert row["state"] == "retracted"
    assert desk.settle() == 0
    assert not desk.account.posts()


def test_a_post_made_by_hand_is_found_and_adopted(desk: RealDesk) -> None:
    desk.baseline()
    account = desk.connect()
    sent = account.send(a_post(desk), Attempt("an-editor", 1, 30.0, lambda: None))
    account.close()
    assert isinstance(sent, Sent), sent

    assert desk.settle() == 0, desk.row()

    assert len(desk.account.posts()) == 1
    assert desk.row()["adopted"]


@pytest.mark.shared
def test_every_issue_of_the_archive_is_taken_as_it_was_composed(desk: RealDesk, shared: Path) -> None:
    account = desk.connect()
    form = platforms.form_of(desk.server.platform)
    form = form.with_limits(account.limits()) if account.limits() else form
    sent: dict[str, Any] = {}
    for path in sorted((shared / "issues").glob("*.md")):
        issue = parse_bytes(path.read_bytes(), path=path.name)
        post = compose(digest(issue), Target(ACCOUNT, form))
        outcome = account.send(post, Attempt(f"twir-{issue.number}-it", 1, 30.0, lambda: None))
        assert isinstance(outcome, Sent), (path.name, outcome, post.text)
        sent[outcome.id] = post
    account.close()

    posts = {post.id: post for post in desk.account.posts()}
    assert {key: post.text for key, post in posts.items()} == {key: post.text for key, post in sent.items()}
    for key, kept in posts.items():
        assert kept.facets in (sent[key].fields.get("facets"), None)


def a_post(desk: RealDesk) -> Any:
    """Return what the program makes of the sample issue, dated today."""
    desk.publish()
    (path,) = (desk.folder / "content").iterdir()
    return compose(
        digest(parse_bytes(path.read_bytes(), path=path.name)),
        Target(ACCOUNT, platforms.form_of(desk.server.platform)),
    )
