"""One branch and one pull request for each issue, through the forge's REST API."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost.backfill import BackfillRequest, run_step
from crosspost.config.schema import BackfillConfig
from crosspost.config.secrets import Secret
from crosspost.log.redaction import Redaction
from crosspost.model import Backfill, BackfillState, IssueRecord, IssueState
from crosspost.store import Store, open_store
from crosspost.watch.git import GitSource
from tests.conftest import MovableClock
from tests.forge.standin import StandIn
from tests.forge.standin import forge as standing_in
from tests.newsroom import SITE, Checkout, git, issue_text, name_of, reddit
from tests.web_server import Reply, serving

NEWS = "This Week in Rust"
FILE = f"content/{name_of()}"
PAGE = f"{SITE}/blog/2026/08/19/this-week-in-rust-665/"
BRANCH = "crosspost/discussion-665"


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit({FILE: issue_text(), "README.md": "Hello"})
    return checkout


@pytest.fixture(params=["github", "forgejo"])
def forge(editor: Checkout, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    with standing_in(editor.remote, request.param) as forge:
        yield forge


@pytest.fixture
def bring(
    editor: Checkout, forge: StandIn, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setenv("FORGE_TOKEN", "forge-secret")
    store: Store = open_store(
        f"sqlite:///{tmp_path / 'crosspost.db'}", NEWS, clock, redaction=Redaction(["forge-secret"])
    )
    source = GitSource(
        "git", f"file://{editor.remote}", branch="main", folder="content", cache=tmp_path / "cache"
    )
    config = BackfillConfig(
        mode="pull-request",
        author="Link Bot <bot@example.org>",
        api_base_url=forge.api,
        repository="rust-lang/this-week-in-rust",
        token=Secret("env", "FORGE_TOKEN"),
    )
    now = datetime(2026, 8, 20, tzinfo=UTC)
    state = IssueState.PLANNED
    record = IssueRecord(
        NEWS, 665, "T", PAGE, date(2026, 8, 19), "git", FILE, "", state, "", now, now, now, None
    )

    def once() -> Backfill:
        result = run_step(store, BackfillRequest(record, reddit()), [source], config, clock)
        clock.advance(hours=1)
        return result

    yield once
    store.close()


def test_a_branch_with_one_changed_line_is_proposed_and_its_address_shown(
    bring: Any, editor: Checkout, forge: StandIn
) -> None:
    result = bring()

    assert result.state is BackfillState.PROPOSED
    assert result.url == forge.pulls[0]["html_url"]
    assert editor.shared(FILE) == issue_text().encode()
    assert git(editor.remote, "diff", "--numstat", "main", BRANCH).strip() == f"1\t1\t{FILE}"
    assert git(editor.remote, "log", "-1", "--format=%an <%ae>|%P", BRANCH).strip() == (
        f"Link Bot <bot@example.org>|{editor.head()}"
    )
    assert git(editor.remote, "show", f"{BRANCH}:{FILE}") == issue_text(link=reddit())


def test_there_is_one_pull_request_however_often_it_is_tried(bring: Any, forge: StandIn) -> None:
    for _ in range(3):
        assert bring().state is BackfillState.PROPOSED
    assert len(forge.pulls) == 1


def test_an_attempt_that_died_before_the_pull_request_is_taken_up_where_it_stopped(
    bring: Any, editor: Checkout, forge: StandIn
) -> None:
    for method, path in (("PUT", "/contents"), ("POST", "/pulls")):
        forge.fails[method, path] = [Reply(502, "Bad gateway")]
        failed = bring()
        assert failed.state is BackfillState.DUE
        assert "502" in failed.reason

    assert bring().state is BackfillState.PROPOSED
    assert len(forge.pulls) == 1
    assert len([path for path in forge.asked("POST") if path in ("/git/refs", "/branches")]) == 1
    assert git(editor.remote, "rev-list", "--count", f"main..{BRANCH}").strip() == "1"


def test_merged_is_done(bring: Any, editor: Checkout, forge: StandIn) -> None:
    bring()
    git(editor.remote, "update-ref", "refs/heads/main", BRANCH)
    forge.pulls[0] |= {"state": "closed", "merged_at": "2026-08-20T03:00:00Z"}

    assert bring().state is BackfillState.DONE


def test_closed_without_being_merged_is_a_persons_matter(bring: Any, forge: StandIn) -> None:
    bring()
    forge.pulls[0]["state"] = "closed"

    result = bring()

    assert result.state is BackfillState.STUCK
    assert "closed without being merged" in result.reason
    forge.pulls[0]["state"] = "open"
    assert bring().state is BackfillState.PROPOSED


def test_a_base_that_moved_on_is_tried_again_on_the_newest_head(
    bring: Any, editor: Checkout, forge: StandIn
) -> None:
    head = "/branches/main" if forge.dialect == "forgejo" else "/git/ref/heads/main"
    forge.before["GET", head] = lambda: editor.commit({"README.md": "Hello again"})

    assert bring().state is BackfillState.DUE
    assert bring().state is BackfillState.PROPOSED
    assert git(editor.remote, "rev-parse", f"{BRANCH}~1").strip() == editor.head()


@pytest.mark.parametrize(
    ("status", "state"), [(401, BackfillState.STUCK), (403, BackfillState.STUCK), (500, BackfillState.DUE)]
)
def test_a_refusal_is_told_and_the_token_is_not(
    bring: Any, forge: StandIn, tmp_path: Path, status: int, state: BackfillState
) -> None:
    asked_with = "Bearer forge-secret", base64.b64encode(b"x-access-token:forge-secret").decode()
    forge.fails["GET", "/pulls"] = [Reply(status, json.dumps({"message": f"No: {' '.join(asked_with)}"}))]

    result = bring()

    assert result.state is state
    assert str(status) in result.reason
    assert "No: Bearer [secret] " in result.reason
    assert result.reason.endswith("[secret]")
    kept = (tmp_path / "crosspost.db").read_bytes() + (tmp_path / "crosspost.db-wal").read_bytes()
    assert b"forge-secret" not in kept


def test_of_a_token_that_is_cut_off_nothing_is_left(bring: Any, forge: StandIn) -> None:
    forge.fails["GET", "/pulls"] = [Reply(403, json.dumps({"message": f"{'-' * 193}forge-secret and more"}))]

    assert bring().reason.endswith("---[secret]…")


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"Retry-After": "1800"}, 30),
        ({"Retry-After": "31536000"}, 60),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 60),
        ({"Retry-After": "soon"}, 1),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{reset}"}, 20),
        ({"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "{reset}"}, None),
    ],
)
def test_a_forge_that_asks_to_wait_is_obeyed_within_bounds(
    bring: Any, forge: StandIn, clock: MovableClock, headers: dict[str, str], minutes: int | None
) -> None:
    now = clock.now
    reset = str(int((now + timedelta(minutes=20)).timestamp()))
    told = {name: value.format(reset=reset) for name, value in headers.items()}
    forge.fails["GET", "/pulls"] = [Reply(403, json.dumps({"message": "API rate limit exceeded"}), told)]

    result = bring()

    if minutes is None:
        assert result.state is BackfillState.STUCK
    else:
        assert (result.state, result.not_before) == (BackfillState.DUE, now + timedelta(minutes=minutes))
        assert ("the next request is in an hour" in result.reason) is (minutes == 60)


def test_a_page_in_front_of_the_forge_is_no_word_of_the_forges(bring: Any, forge: StandIn) -> None:
    forge.fails["GET", "/pulls"] = [Reply(403, "<html>Just a moment...</html>")]

    assert bring().state is BackfillState.DUE
    assert bring().state is BackfillState.PROPOSED


def test_a_redirect_is_not_followed_with_the_token(bring: Any, forge: StandIn) -> None:
    with serving() as elsewhere:
        for method, path in (("GET", "/pulls"), ("PUT", "/contents")):
            forge.fails[method, path] = [Reply(307, "", {"Location": f"{elsewhere.url}/repos"})]
            result = bring()
            assert result.state is BackfillState.STUCK
            assert "the token is sent to no other address: correct backfill.repository" in result.reason
        assert elsewhere.asked == []


def test_an_answer_without_end_is_left(bring: Any, forge: StandIn) -> None:
    forge.fails["GET", "/pulls"] = [Reply(200, b" " * (9 * 1024 * 1024))]

    result = bring()

    assert result.state is BackfillState.DUE
    assert "more than 8 MB" in result.reason


def test_an_answer_that_is_no_json_is_tried_again(bring: Any, forge: StandIn) -> None:
    forge.fails["GET", "/pulls"] = [Reply(200, "<html>")]

    assert bring().state is BackfillState.DUE


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/pulls", "null"),
        ("/pulls", '{"head": null}'),
        ("/pulls", '[{"head": null, "number": 1}]'),
        ("/contents", '{"type": "file", "encoding": "base64", "content": "é", "sha": "1"}'),
        ("/contents", '{"type": "file", "encoding": "base64", "content": 5, "sha": "1"}'),
    ],
)
def test_an_answer_of_another_form_is_the_forges_fault_and_not_ours(
    bring: Any, forge: StandIn, path: str, said: str
) -> None:
    forge.fails["GET", path] = [Reply(200, said)]

    result = bring()

    assert result.state in (BackfillState.DUE, BackfillState.PROPOSED)
    assert "error in crosspost" not in result.reason
