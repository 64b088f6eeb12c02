"""`comment`: one comment on a pull request, whatever happens in between, on GitHub and on Forgejo."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crosspost.config.schema import BackfillConfig
from crosspost.forge import comments
from crosspost.forge.client import Client
from tests.forge.conftest import DRAFT, Run
from tests.forge.standin import REPOSITORY, StandIn
from tests.newsroom import Checkout, issue_text, reddit
from tests.web_server import Asked, Reply

NOW = datetime(2026, 8, 20, tzinfo=UTC)
MARK = "<!-- crosspost:this-week-in-rust:665 -->"


def comment(run: Run, *more: str, code: int = 0) -> str:
    return run("comment", DRAFT, "--pull-request", "1", *more, code=code)


def bodies(forge: StandIn) -> list[str]:
    return [row["body"] for row in forge.comments.get(1, [])]


def shown(run: Run, forge: StandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `preview --markdown` prints in a workflow that has checked the pull request out."""
    monkeypatch.setenv("GITHUB_SERVER_URL", f"https://{forge.dialect}.example")
    monkeypatch.setenv("GITHUB_SHA", forge.pulls[0]["head"]["sha"])
    return run("preview", "--markdown", DRAFT)


# ── one comment ──────────────────────────────────────────────────────────────────────────────────────


def test_the_comment_is_what_preview_prints(
    run: Run, forge: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = comment(run)

    assert said == f"comment: written: {forge.comments[1][0]['html_url']}\n"
    assert bodies(forge) == [f"{MARK}\n{shown(run, forge, monkeypatch)}"]
    assert "no crate of the week" in bodies(forge)[0]


def test_it_is_edited_in_place_and_only_when_something_changed(
    run: Run, editor: Checkout, forge: StandIn
) -> None:
    comment(run)
    first = bodies(forge)
    assert comment(run).startswith("comment: unchanged: https://")
    assert forge.asked("PATCH") == []

    editor.write(DRAFT, issue_text())

    assert comment(run).startswith("comment: edited: https://")
    assert len(bodies(forge)) == 1
    assert bodies(forge) != first
    assert "no crate of the week" not in bodies(forge)[0]
    assert (len(forge.asked("POST")), len(forge.asked("PATCH"))) == (1, 1)


def test_a_forge_that_ends_lines_otherwise_has_the_same_text(run: Run, forge: StandIn) -> None:
    comment(run)
    (row,) = forge.comments[1]
    row["body"] = row["body"].replace("\n", "\r\n").rstrip()

    assert comment(run).startswith("comment: unchanged")


def test_the_mark_in_a_strangers_comment_is_nothing(run: Run, forge: StandIn) -> None:
    forge.comment(1, "stranger", f"{MARK}\nMine!")
    forge.comment(1, "link-bot", f"As it says: {MARK}")

    comment(run)
    comment(run)

    assert bodies(forge)[0] == f"{MARK}\nMine!"
    assert [body.startswith(MARK) for body in bodies(forge)] == [True, False, True]
    assert forge.asked("PATCH") == []


def test_the_comment_of_an_account_that_is_gone_is_nobodys(run: Run, forge: StandIn) -> None:
    forge.comment(1, "stranger", MARK)["user"] = None

    assert comment(run).startswith("comment: written")


def test_it_is_found_behind_many_others(run: Run, forge: StandIn) -> None:
    for number in range(250):
        forge.comment(1, "stranger", f"Comment {number}")
    comment(run)

    assert comment(run).startswith("comment: unchanged")
    assert len(bodies(forge)) == 251


@pytest.mark.parametrize(
    "forge", ["github"], indirect=True
)  # the other gives them all at once, within one bound
def test_a_list_without_end_is_left(run: Run, forge: StandIn) -> None:
    endless = Reply(200, "[]", {"Link": '<https://api.example/?page=2>; rel="next"'})
    forge.fails["GET", "/issues/1/comments"] = [endless] * 200

    assert "more than 3,000 entries" in comment(run, code=1)
    assert len([path for path in forge.asked("GET") if "/comments" in path]) == 150


def test_the_password_of_an_address_whose_host_was_forgotten_is_not_shown(
    run: Run, forge: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://name:forgotten-host-4711/api/v1")

    assert comment(run, code=1) == "crosspost: name has an address that is not valid\n"


# ── two at once, and answers that are lost ───────────────────────────────────────────────────────────


def test_two_runs_at_once_end_with_one_comment(run: Run, forge: StandIn) -> None:
    """The other run's comment comes between our look and our write."""
    forge.before["POST", "/issues"] = lambda: forge.comment(1, "link-bot", f"{MARK}\nolder")

    comment(run)

    (body,) = bodies(forge)
    assert body.startswith(f"{MARK}\n### Issue 665")
    assert forge.comments[1][0]["id"] == 1  # the oldest stays, with the newest text
    assert comment(run).startswith("comment: unchanged")


def test_of_many_runs_at_the_same_time_one_comment_is_left(forge: StandIn) -> None:
    """No first comment is taken before all have looked and found none."""
    runs = 4
    all_looked = threading.Barrier(runs)

    def together(asked: Asked) -> Reply:
        if asked.method == "POST" and asked.path.endswith("/comments"):
            all_looked.wait(timeout=60)
        return forge.answer(asked)

    def keep(number: int) -> None:
        runner = {"GITHUB_API_URL": forge.api, "GITHUB_TOKEN": "forge-secret"}
        client = Client(
            BackfillConfig(repository=REPOSITORY, api_base_url=forge.api), NOW, environment=runner
        )
        comments.put_comment(client, 1, MARK, f"of run {number}")

    forge.server.answer = together
    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(keep, range(runs)))

    assert [row["id"] for row in forge.comments[1]] == [1]
    assert len([path for path in forge.asked("POST") if path.endswith("/comments")]) == runs


def test_what_another_run_made_of_our_comment_in_the_meantime_stays(run: Run, forge: StandIn) -> None:
    """It began later, so its text is newer."""

    def edit() -> None:
        forge.comments[1][0]["body"] = f"{MARK}\nnewer"

    forge.before["POST", "/issues"] = lambda: forge.before.update({("GET", "/issues"): edit})

    assert comment(run).startswith("comment: written")
    assert bodies(forge) == [f"{MARK}\nnewer"]


def test_a_second_comment_of_our_own_is_deleted(run: Run, forge: StandIn) -> None:
    comment(run)
    forge.comment(1, "link-bot", f"{MARK}\nof a run that was killed")

    assert comment(run).startswith("comment: unchanged")
    assert len(bodies(forge)) == 1


def test_a_lost_answer_is_no_second_comment(run: Run, forge: StandIn) -> None:
    def loses(asked: Asked) -> Reply:
        reply = forge.answer(asked)
        return Reply(502, "<html>") if reply.status == 201 else reply

    forge.server.answer = loses
    assert "502" in comment(run, code=1)
    forge.server.answer = forge.answer

    assert comment(run).startswith("comment: unchanged")
    assert len(bodies(forge)) == 1


# ── whose token ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("forge", ["github"], indirect=True)
@pytest.mark.parametrize("knows_them", [True, False])
def test_a_workflows_token_knows_its_own_comment(
    run: Run, forge: StandIn, monkeypatch: pytest.MonkeyPatch, knows_them: bool
) -> None:
    forge.tokens = {"forge-secret": "github-actions[bot]"}
    forge.knows_them = knows_them
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    comment(run)

    assert comment(run).startswith("comment: unchanged")
    assert len(bodies(forge)) == 1


def test_without_knowing_whose_the_token_is_nothing_is_written(run: Run, forge: StandIn) -> None:
    forge.knows_them = False

    assert "the token may not say whose it is" in comment(run, code=1)
    assert bodies(forge) == []


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/pulls/1", 401, f"the token for {REPOSITORY} is not accepted: it is wrong or has expired"),
        ("GET", "/pulls/1", 404, f"{REPOSITORY} has no pull request 1, or the token may not read it"),
        ("POST", "/issues", 403, f"the token may not write comments on pull requests in {REPOSITORY}"),
        ("GET", "/issues", 403, f"the token may not read comments in {REPOSITORY}"),
    ],
)
def test_what_the_token_may_not_do_is_said_with_the_repository(
    run: Run, forge: StandIn, method: str, path: str, status: int, sentence: str
) -> None:
    message = "Not allowed with forge-secret"
    forge.fails[method, path] = [Reply(status, json.dumps({"message": message}))]

    said = comment(run, code=1)

    assert sentence in said
    assert "forge-secret" not in said
    assert bodies(forge) == []


def test_a_comment_that_may_not_be_edited_is_said(run: Run, editor: Checkout, forge: StandIn) -> None:
    comment(run)
    before = bodies(forge)
    editor.write(DRAFT, issue_text())
    forge.fails["PATCH", "/issues"] = [Reply(403, json.dumps({"message": "locked"}))]

    assert "the token may not edit its own comment" in comment(run, code=1)
    assert bodies(forge) == before


def test_the_runners_token_goes_to_the_runners_forge_only(run: Run, forge: StandIn, tmp_path: Path) -> None:
    config = tmp_path / "other.toml"
    config.write_text(
        f'[backfill]\nrepository = "a/b"\napi_base_url = "{forge.api.replace("127.0.0.1", "localhost")}"\n'
    )

    said = run("-c", str(config), "comment", DRAFT, "--pull-request", "1", code=2)

    assert "the forge is not known: [backfill] needs token" in said
    assert forge.server.asked == []


def test_a_secret_in_the_issue_is_not_in_the_comment(run: Run, editor: Checkout, forge: StandIn) -> None:
    editor.write(DRAFT, issue_text().replace("[gradient]", "[a forge-secret]"))

    comment(run)

    assert "forge-secret" not in bodies(forge)[0]
    assert "a [secret], a hill of colours" in bodies(forge)[0]


def test_a_dry_run_writes_nothing(run: Run, forge: StandIn) -> None:
    assert comment(run, "--dry-run") == "comment: would be written\n"
    comment(run)
    assert comment(run, "--dry-run").startswith("comment: unchanged: https://")
    assert len(forge.asked("POST")) == 1


def test_a_pull_request_from_a_fork_that_is_gone_has_no_links(run: Run, forge: StandIn) -> None:
    forge.pulls[0]["head"]["repo"] = None

    comment(run)

    assert "the discussion link is still `REDDIT_LINK_HERE` (line" in bodies(forge)[0]


def test_lines_are_shown_where_the_branch_is(run: Run, forge: StandIn) -> None:
    forge.pulls[0]["head"]["repo"] = {
        "full_name": "editor/fork",
        "html_url": "https://forge.example/editor/fork",
    }
    head = forge.pulls[0]["head"]["sha"]

    comment(run)

    place = "src/commit" if forge.dialect == "forgejo" else "blob"
    how = "display=source" if forge.dialect == "forgejo" else "plain=1"
    line = (
        issue_text(crate=False).splitlines().index("<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>") + 1
    )
    link = f"[line {line}](<https://forge.example/editor/fork/{place}/{head}/{DRAFT}?{how}#L{line}>)"
    assert link in bodies(forge)[0]


def test_a_copy_of_the_file_elsewhere_is_named_as_the_repository_has_it(
    run: Run, forge: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "elsewhere" / DRAFT
    (tmp_path / "elsewhere" / ".git").mkdir(parents=True)
    copy.parent.mkdir()
    copy.write_text(issue_text())

    run("comment", str(copy), "--pull-request", "1")

    assert f"`crosspost backfill {DRAFT} --url ADDRESS`" in bodies(forge)[0]
    assert f"/{DRAFT}?" in bodies(forge)[0]


def test_the_issues_own_link_is_shown_on_a_machine_without_a_database(
    run: Run, editor: Checkout, forge: StandIn
) -> None:
    editor.write(DRAFT, issue_text(link=reddit()))

    comment(run)

    assert f"The issue links to its discussion: [`{reddit()}`](<{reddit()}>)" in bodies(forge)[0]
