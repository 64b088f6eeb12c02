"""One branch and one pull request for each issue, through the forge's REST API."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosspost.backfill import Request, run_step
from crosspost.config.schema import BackfillConfig
from crosspost.config.secrets import Secret
from crosspost.log.redaction import Redaction
from crosspost.model import Backfill, BackfillState, IssueRecord, IssueState
from crosspost.store import Store, open_store
from crosspost.watch.git import GitSource
from tests.conftest import MovableClock
from tests.newsroom import SITE, Checkout, git, issue_text, name_of, reddit
from tests.web_server import Asked, Reply, Server, serving

NEWS = "This Week in Rust"
FILE = f"content/{name_of()}"
PAGE = f"{SITE}/blog/2026/08/19/this-week-in-rust-665/"
BRANCH = "crosspost/discussion-665"


class Forge:
    """GitHub's side, on a real repository: refs, blobs, trees and commits are git's own."""

    def __init__(self, server: Server, repository: Path) -> None:
        self.server = server
        self.repository = repository
        self.pulls: list[dict[str, Any]] = []
        self.fails: dict[tuple[str, str], list[Reply]] = {}
        server.answer = self.answer

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0].removeprefix("/repos/rust-lang/this-week-in-rust")
        if asked.headers.get("authorization") != "Bearer forge-secret":
            return Reply(401, json.dumps({"message": "Bad credentials"}))
        for (method, part), replies in self.fails.items():
            if replies and (asked.method, path.startswith(part)) == (method, True):
                return replies.pop(0)
        body = json.loads(asked.body) if asked.body else {}
        status, found = self.route(asked.method, path, body)
        return Reply(status, json.dumps(found))

    def route(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET" and path.startswith("/git/ref/heads/"):
            found = self.git(
                "for-each-ref", "--format=%(objectname)", f"refs/heads/{path[len('/git/ref/heads/') :]}"
            )
            return (200, {"object": {"sha": found}}) if found else (404, {"message": "Not Found"})
        if method == "GET" and path == "/pulls":
            return 200, self.pulls
        if path == "/git/blobs":
            return 201, {
                "sha": self.git("hash-object", "-w", "--stdin", stdin=base64.b64decode(body["content"]))
            }
        if path == "/git/trees":
            return 201, {"sha": self.tree(body)}
        if path == "/git/commits":
            author = body["author"]
            env = {"GIT_AUTHOR_NAME": author["name"], "GIT_AUTHOR_EMAIL": author["email"]}
            env |= {"GIT_COMMITTER_NAME": author["name"], "GIT_COMMITTER_EMAIL": author["email"]}
            (parent,) = body["parents"]
            made = self.git("commit-tree", body["tree"], "-p", parent, "-m", body["message"], env=env)
            return 201, {"sha": made}
        if path == "/git/refs":
            self.git("update-ref", body["ref"], body["sha"], "")
            return 201, {"ref": body["ref"]}
        if path == "/pulls":
            number = len(self.pulls) + 1
            url = f"https://github.com/rust-lang/this-week-in-rust/pull/{number}"
            self.pulls.append(
                {
                    "number": number,
                    "html_url": url,
                    "state": "open",
                    "merged_at": None,
                    "head": {"ref": body["head"]},
                }
            )
            return 201, self.pulls[-1]
        return 404, {"message": "Not Found"}

    def tree(self, body: dict[str, Any]) -> str:
        index = {"GIT_INDEX_FILE": str(self.repository / "forge-index")}
        self.git("read-tree", body["base_tree"], env=index)
        for row in body["tree"]:
            self.git(
                "update-index", "--add", "--cacheinfo", f"{row['mode']},{row['sha']},{row['path']}", env=index
            )
        return self.git("write-tree", env=index)

    def git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.repository), *arguments],
            input=stdin,
            env=env,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip()


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit({FILE: issue_text(), "README.md": "Hello"})
    return checkout


@pytest.fixture
def forge(editor: Checkout) -> Iterator[Forge]:
    with serving() as server:
        yield Forge(server, editor.remote)


@pytest.fixture
def bring(
    editor: Checkout, forge: Forge, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        api_base_url=forge.server.url,
        repository="rust-lang/this-week-in-rust",
        token=Secret("env", "FORGE_TOKEN"),
    )
    now = datetime(2026, 8, 20, tzinfo=UTC)
    state = IssueState.PLANNED
    record = IssueRecord(
        NEWS, 665, "T", PAGE, date(2026, 8, 19), "git", FILE, "", state, "", now, now, now, None
    )

    def once() -> Backfill:
        result = run_step(store, Request(record, reddit()), [source], config, clock)
        clock.advance(hours=1)
        return result

    yield once
    store.close()


def test_a_branch_with_one_changed_line_is_proposed_and_its_address_shown(
    bring: Any, editor: Checkout, forge: Forge
) -> None:
    result = bring()

    assert result.state is BackfillState.PROPOSED
    assert result.url == "https://github.com/rust-lang/this-week-in-rust/pull/1"
    assert editor.shared(FILE) == issue_text().encode()
    assert git(editor.remote, "diff", "--numstat", "main", BRANCH).strip() == f"1\t1\t{FILE}"
    assert git(editor.remote, "log", "-1", "--format=%an <%ae>|%P", BRANCH).strip() == (
        f"Link Bot <bot@example.org>|{editor.head()}"
    )
    assert git(editor.remote, "show", f"{BRANCH}:{FILE}") == issue_text(link=reddit())


def test_there_is_one_pull_request_however_often_it_is_tried(bring: Any, forge: Forge) -> None:
    for _ in range(3):
        assert bring().state is BackfillState.PROPOSED
    assert len(forge.pulls) == 1


def test_an_attempt_that_died_before_the_pull_request_is_taken_up_where_it_stopped(
    bring: Any, forge: Forge
) -> None:
    forge.fails["POST", "/pulls"] = [Reply(502, "Bad gateway")]

    failed = bring()

    assert failed.state is BackfillState.DUE
    assert "502" in failed.reason
    assert bring().state is BackfillState.PROPOSED
    assert len(forge.pulls) == 1
    assert [asked.path for asked in forge.server.asked if asked.method == "POST"].count(
        "/repos/rust-lang/this-week-in-rust/git/refs"
    ) == 1


def test_merged_is_done(bring: Any, editor: Checkout, forge: Forge) -> None:
    bring()
    git(editor.remote, "update-ref", "refs/heads/main", BRANCH)
    forge.pulls[0] |= {"state": "closed", "merged_at": "2026-08-20T03:00:00Z"}

    assert bring().state is BackfillState.DONE


def test_closed_without_being_merged_is_a_persons_matter(bring: Any, forge: Forge) -> None:
    bring()
    forge.pulls[0]["state"] = "closed"

    result = bring()

    assert result.state is BackfillState.STUCK
    assert "closed without being merged" in result.reason
    forge.pulls[0]["state"] = "open"
    assert bring().state is BackfillState.PROPOSED


def test_a_base_that_moved_on_is_tried_again_on_the_newest_head(
    bring: Any, editor: Checkout, forge: Forge
) -> None:
    answered = forge.answer

    def moves(asked: Asked) -> Reply:
        if "/git/ref/heads/main" in asked.path:
            forge.server.answer = answered
            editor.commit({"README.md": "Hello again"})
        return answered(asked)

    forge.server.answer = moves

    assert bring().state is BackfillState.DUE
    assert bring().state is BackfillState.PROPOSED
    assert git(editor.remote, "rev-parse", f"{BRANCH}~1").strip() == editor.head()


@pytest.mark.parametrize(
    ("status", "state"), [(401, BackfillState.STUCK), (403, BackfillState.STUCK), (500, BackfillState.DUE)]
)
def test_a_refusal_is_told_and_the_token_is_not(
    bring: Any, forge: Forge, tmp_path: Path, status: int, state: BackfillState
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


def test_of_a_token_that_is_cut_off_nothing_is_left(bring: Any, forge: Forge) -> None:
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
    bring: Any, forge: Forge, clock: MovableClock, headers: dict[str, str], minutes: int | None
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


def test_a_page_in_front_of_the_forge_is_no_word_of_the_forges(bring: Any, forge: Forge) -> None:
    forge.fails["GET", "/pulls"] = [Reply(403, "<html>Just a moment...</html>")]

    assert bring().state is BackfillState.DUE
    assert bring().state is BackfillState.PROPOSED


def test_a_redirect_is_not_followed_with_the_token(bring: Any, forge: Forge) -> None:
    with serving() as elsewhere:
        for method, path in (("GET", "/pulls"), ("POST", "/git/blobs")):
            forge.fails[method, path] = [Reply(307, "", {"Location": f"{elsewhere.url}/repos"})]
            result = bring()
            assert result.state is BackfillState.STUCK
            assert "the token is sent to no other address: correct backfill.repository" in result.reason
        assert elsewhere.asked == []


def test_an_answer_without_end_is_left(bring: Any, forge: Forge) -> None:
    forge.fails["GET", "/pulls"] = [Reply(200, b" " * (9 * 1024 * 1024))]

    result = bring()

    assert result.state is BackfillState.DUE
    assert "more than 8 MB" in result.reason


def test_an_answer_that_is_no_json_is_tried_again(bring: Any, forge: Forge) -> None:
    forge.fails["GET", "/pulls"] = [Reply(200, "<html>")]

    assert bring().state is BackfillState.DUE
