"""The link on its way into the issue: a file, a push, a draft; safe to repeat, and never over somebody's work."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crosspost.app import App, load_config
from crosspost.backfill import BackfillRequest, run_step
from crosspost.backfill.destination import check_write_access, write_in_place
from crosspost.config.schema import BackfillConfig
from crosspost.errors import BackfillError
from crosspost.model import Backfill, BackfillState, IssueRecord, IssueState
from crosspost.store import Store, open_store
from crosspost.watch.directory import DirectorySource
from crosspost.watch.git import GitSource
from crosspost.watch.sources import Source
from tests.conftest import MovableClock
from tests.newsroom import SITE, Checkout, git, issue_text, name_of, reddit

NEWS = "This Week in Rust"
FILE = f"content/{name_of()}"
PAGE = f"{SITE}/blog/2026/08/19/this-week-in-rust-665/"
PUSH = BackfillConfig(mode="push", author="Link Bot <bot@example.org>")
IN_PLACE = BackfillConfig(mode="file")


@pytest.fixture
def store(clock: MovableClock, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'crosspost.db'}", NEWS, clock)
    yield opened
    opened.close()


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit(
        {
            FILE: issue_text(),
            f"content/{name_of('2026-08-12')}": issue_text(664, day="2026-08-12", link=""),
            f"draft/{name_of('2026-08-26')}": issue_text(666, day="2026-08-26"),
            "draft/DRAFT_TEMPLATE": issue_text(665).replace("665", "$twir_issue_number"),
        }
    )
    return checkout


@pytest.fixture
def remote(editor: Checkout, tmp_path: Path) -> GitSource:
    return GitSource(
        "git", f"file://{editor.remote}", branch="main", folder="content", cache=tmp_path / "cache"
    )


def record(path: str = FILE, clock: MovableClock | None = None) -> IssueRecord:
    now = (clock or MovableClock())()
    return IssueRecord(
        newsletter=NEWS,
        number=665,
        title="This Week in Rust 665",
        url=PAGE,
        date=date(2026, 8, 19),
        source="git",
        path=path,
        fingerprint="",
        state=IssueState.PLANNED,
        reason="",
        first_seen_at=now,
        changed_at=now,
        planned_at=now,
        settled_at=None,
    )


@pytest.fixture
def bring(store: Store, clock: MovableClock, remote: GitSource) -> Any:
    def once(
        url: str | None = reddit(),
        config: BackfillConfig = PUSH,
        *,
        home: list[Source] | None = None,
        **options: Any,
    ) -> Backfill:
        sources = [remote] if home is None else home
        return run_step(store, BackfillRequest(record(), url, **options), sources, config, clock)

    return once


# ── push ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_link_is_one_commit_by_the_configured_author_that_changes_one_line(
    bring: Any, editor: Checkout
) -> None:
    before = editor.head()

    result = bring()

    assert (result.state, result.url) == (BackfillState.DONE, reddit())
    assert editor.shared(FILE) == issue_text(link=reddit()).encode()
    show = git(editor.remote, "show", "--format=%an <%ae>|%cn <%ce>|%s|%P", "--numstat", "main").split("\n")
    who = "Link Bot <bot@example.org>"
    assert show[0] == f"{who}|{who}|Add the discussion link to 665|{before}"
    assert show[2] == f"1\t1\t{FILE}"


def test_nothing_else_in_the_tree_changes(bring: Any, editor: Checkout) -> None:
    (editor.place / FILE).chmod(0o755)
    editor.commit({"big.bin": os.urandom(2_500_000), "a folder/with spaces\n.md": "x"})
    bring()

    changed = git(editor.remote, "diff", "--raw", "--abbrev=4", "main~1", "main").splitlines()
    assert len(changed) == 1
    assert changed[0].startswith(":100755 100755")


def test_once_done_it_is_done(bring: Any, editor: Checkout) -> None:
    bring()
    bring()
    bring(by_person=True)

    assert git(editor.remote, "rev-list", "--count", "main").strip() == "2"


def test_a_link_that_an_editor_put_in_is_adopted(bring: Any, editor: Checkout) -> None:
    editor.commit({FILE: issue_text(link=reddit())})

    assert bring().state is BackfillState.DONE
    assert git(editor.remote, "rev-list", "--count", "main").strip() == "2"


def test_an_editors_other_link_stays_and_ours_is_reported(bring: Any, editor: Checkout) -> None:
    theirs = reddit(665, "1vzzz")
    editor.commit({FILE: issue_text(link=theirs)})

    result = bring()

    assert (result.state, result.url) == (BackfillState.DONE, theirs)
    assert reddit() in result.reason
    assert editor.shared(FILE) == issue_text(link=theirs).encode()
    with pytest.raises(BackfillError, match="--replace"):
        bring(by_person=True)
    assert bring(by_person=True, replace=True).url == reddit()
    assert editor.shared(FILE) == issue_text(link=reddit()).encode()


def test_a_lost_race_is_run_again_at_the_next_pass_and_nothing_is_overwritten(
    bring: Any, editor: Checkout, remote: GitSource
) -> None:
    other = editor.another("other")
    hooks = remote.copy.repository / "hooks"
    remote.poll(None)
    hooks.mkdir(exist_ok=True)
    hook = hooks / "pre-push"  # somebody's push lands between our look and our push
    hook.write_text(
        f"#!/bin/sh\nunset GIT_DIR GIT_INDEX_FILE\ncd {other.place} && git push -q origin HEAD:refs/heads/main\n"
    )
    hook.chmod(0o755)
    text = issue_text().replace("curly", "round")
    theirs = other.commit({FILE: text}, push=False)

    first = bring()

    assert (first.state, first.attempts) == (BackfillState.DUE, 1)
    assert "came first" in first.reason
    assert first.not_before is None
    assert bring().state is BackfillState.DONE
    assert editor.shared(FILE) == text.replace("REDDIT_LINK_HERE", reddit()).encode()
    assert git(editor.remote, "rev-parse", "main~1").strip() == theirs


def test_two_clones_that_race_end_with_one_fill_and_every_editors_commit(
    store: Store, clock: MovableClock, editor: Checkout, tmp_path: Path
) -> None:
    def rush(name: str) -> None:
        other = editor.another(name)
        for number in range(6):
            other.git("pull", "-q", "--rebase", "origin", "main")
            other.commit({f"draft/{name}-{number}.md": "x"}, push=False)
            while True:
                try:
                    other.git("push", "-q", "origin", "HEAD:main")
                    break
                except Exception:  # noqa: BLE001 - refused, because the link came first: as an editor would
                    other.git("pull", "-q", "--rebase", "origin", "main")

    thread = threading.Thread(target=rush, args=("rusher",))
    thread.start()
    for name in ("first", "second"):
        source = GitSource("git", str(editor.remote), branch="main", folder="content", cache=tmp_path / name)
        for _ in range(30):
            request = BackfillRequest(record(), reddit(), by_person=name == "second")
            carried = run_step(store, request, [source], PUSH, clock)
            clock.advance(hours=1)
            if carried.state is BackfillState.DONE:
                break
    thread.join()

    assert editor.shared(FILE) == issue_text(link=reddit()).encode()
    subjects = git(editor.remote, "log", "--format=%s", "main").splitlines()
    assert subjects.count("Add the discussion link to 665") == 1
    assert subjects.count("A commit") == 7


def test_a_remote_that_refuses_is_stuck_with_its_own_words_and_looked_at_again(
    bring: Any, editor: Checkout, clock: MovableClock
) -> None:
    hook = editor.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Only through pull requests, please.' >&2\nexit 1\n")
    hook.chmod(0o755)

    refused = bring()

    assert refused.state is BackfillState.STUCK
    assert "Only through pull requests, please." in refused.reason
    hook.unlink()
    assert bring().state is BackfillState.STUCK
    clock.advance(hours=1)
    assert bring().state is BackfillState.DONE


def test_a_token_in_a_remotes_words_is_not_kept(bring: Any, editor: Checkout) -> None:
    hook = editor.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\necho 'No push to https://ghp_0123456789@forge.example/news.git' >&2\nexit 1\n"
    )
    hook.chmod(0o755)

    assert "No push to https://[secret]@forge.example/news.git" in bring().reason


def test_a_remote_that_does_not_answer_is_asked_again_later_and_later(
    bring: Any, editor: Checkout, clock: MovableClock
) -> None:
    away = editor.remote.rename(editor.remote.with_name("away.git"))
    first = bring()
    assert (first.state, first.not_before) == (BackfillState.DUE, clock.now.replace(minute=1))
    assert bring() == first
    clock.advance(minutes=1)
    second = bring()
    assert second.not_before == clock.now.replace(minute=3)
    away.rename(editor.remote)
    clock.advance(minutes=2)

    assert bring().state is BackfillState.DONE


def test_the_users_hooks_are_honoured(
    bring: Any, editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name, script in {
        "commit-msg": 'echo "Signed-off-by: a hook" >> "$1"',
        "pre-push": f"touch {tmp_path}/pushed",
    }.items():
        (hooks / name).write_text(f"#!/bin/sh\n{script}\n")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n hooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    assert bring().state is BackfillState.DONE
    assert (tmp_path / "pushed").exists()
    assert "Signed-off-by: a hook" in git(editor.remote, "log", "-1", "--format=%B", "main")


def test_a_hook_that_refuses_is_obeyed(
    bring: Any, editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n hooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    refused = bring()

    assert refused.state in (BackfillState.STUCK, BackfillState.DUE)
    assert editor.shared(FILE) == issue_text().encode()


def test_a_commit_is_signed_when_the_user_signs(
    bring: Any, editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[gpg]\n format = ssh\n[user]\n signingKey = {key}.pub\n[commit]\n gpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    assert bring().state is BackfillState.DONE
    assert "gpgsig -----BEGIN SSH SIGNATURE-----" in git(editor.remote, "cat-file", "commit", "main")


@pytest.mark.parametrize(
    "signing",
    [
        "[gpg]\n format = ssh\n[user]\n signingKey = {folder}/no-such-key.pub\n",
        "[gpg]\n format = ssh\n",
        "[user]\n signingKey = 0123456789ABCDEF\n",
    ],
)
def test_a_signing_key_that_is_not_there_is_no_race_that_passes(
    bring: Any,
    editor: Checkout,
    remote: GitSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    signing: str,
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(signing.format(folder=tmp_path) + "[commit]\n gpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))

    result = bring()

    assert result.state is BackfillState.STUCK
    assert "the commit cannot be signed: " in result.reason
    assert result.reason.endswith("the key that user.signingKey names, or set commit.gpgSign to false")
    with pytest.raises(BackfillError, match="cannot be signed"):
        check_write_access(PUSH, [remote])


def test_a_folder_that_is_not_there_is_not_called_one_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(BackfillError, match=r"there is no folder .*/nowhere"):
        check_write_access(IN_PLACE, [DirectorySource("directory", tmp_path / "nowhere")])


def test_a_stale_lock_on_the_remote_is_named_and_no_race_that_passes(bring: Any, editor: Checkout) -> None:
    lock = editor.remote / "refs" / "heads" / "main.lock"
    lock.touch()

    result = bring()

    assert result.state is BackfillState.STUCK
    assert f"{lock}': File exists." in result.reason.replace("/./", "/")
    assert result.reason.endswith("when no git process runs there any more, remove that file")
    lock.unlink()
    assert bring(by_person=True).state is BackfillState.DONE


def test_git_and_its_hooks_see_no_variable_that_holds_a_secret(
    store: Store, clock: MovableClock, editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_MASTODON", "hunter2")
    monkeypatch.setenv("NO_SECRET", "seen")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("commit-msg", "pre-push"):
        (hooks / name).write_text(f"#!/bin/sh\nenv > {tmp_path}/{name}.env\n")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n hooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    configuration = tmp_path / "config.toml"
    configuration.write_text(
        f'[store]\nurl = "sqlite:///{tmp_path}/state.db"\n[source]\nurl = "file://{editor.remote}"\n'
        '[accounts.mastodon]\nplatform = "mastodon"\napi_base_url = "https://mastodon.example"\n'
        'access_token = { env = "TOKEN_OF_MASTODON" }\n'
    )
    with App(load_config(configuration, secrets=True), clock) as app:
        carried = run_step(store, BackfillRequest(record(), reddit()), app.sources, PUSH, clock)

    assert carried.state is BackfillState.DONE
    for name in ("commit-msg", "pre-push"):
        seen = (tmp_path / f"{name}.env").read_text()
        assert "NO_SECRET=seen" in seen
        assert "hunter2" not in seen


def test_without_any_settings_of_the_machine_it_works_all_the_same(
    bring: Any, editor: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("HOME")

    assert bring().state is BackfillState.DONE


@pytest.mark.parametrize("author", ["bot", "", "<bot@example.org>", "A\nB <bot@example.org>"])
def test_an_author_that_is_none_is_a_sentence(bring: Any, author: str) -> None:
    result = bring(config=BackfillConfig(mode="push", author=author))

    assert result.state is BackfillState.STUCK
    assert "Name <address>" in result.reason


def test_an_issue_that_is_not_published_waits(bring: Any, editor: Checkout, clock: MovableClock) -> None:
    editor.commit({FILE: None, f"draft/{name_of()}": issue_text()})

    waiting = bring()

    assert waiting.state is BackfillState.WAITING
    assert editor.shared(f"draft/{name_of()}") == issue_text().encode()
    editor.commit({FILE: issue_text()})
    clock.advance(minutes=1)
    assert bring().state is BackfillState.DONE


def test_a_file_that_moved_is_found_by_its_number(bring: Any, editor: Checkout) -> None:
    editor.commit({FILE: None, "content/renamed.md": issue_text()})

    assert bring().state is BackfillState.DONE
    assert editor.shared("content/renamed.md") == issue_text(link=reddit()).encode()


def test_nothing_happens_without_a_link_or_with_the_mode_off(bring: Any, editor: Checkout) -> None:
    assert bring(None).state is BackfillState.WAITING
    bring(config=BackfillConfig(mode="off"))

    assert editor.shared(FILE) == issue_text().encode()


@pytest.mark.parametrize(("mode", "kind"), [("push", "git"), ("pull-request", "git"), ("file", "directory")])
def test_a_mode_without_its_kind_of_source_is_a_sentence(bring: Any, mode: Any, kind: str) -> None:
    result = bring(config=BackfillConfig(mode=mode), home=[])

    assert result.state is BackfillState.STUCK
    assert f'needs a [source] of kind "{kind}"' in result.reason


# ── file ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_written_in_place_with_its_permissions(bring: Any, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / name_of()
    file.write_text(issue_text())
    file.chmod(0o640)

    result = bring(config=IN_PLACE, home=[DirectorySource("directory", folder)])

    assert result.state is BackfillState.DONE
    assert file.read_text() == issue_text(link=reddit())
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [entry.name for entry in folder.iterdir()] == [file.name]


def test_a_file_that_somebody_saved_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(b"saved meanwhile")

    assert write_in_place(file, b"as it was", b"as it should be") is False
    assert file.read_bytes() == b"saved meanwhile"


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackfillError, match="cannot be written"):
        write_in_place(tmp_path / "gone.md", b"", b"x")


# ── a draft ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_filled_where_it_lies_and_comes_home_when_it_is_published(
    bring: Any, editor: Checkout, clock: MovableClock
) -> None:
    draft = f"draft/{name_of()}"
    editor.commit({FILE: None, draft: issue_text()})

    waiting = bring(file=editor.place / draft)

    assert waiting.state is BackfillState.WAITING
    assert (editor.place / draft).read_text() == issue_text(link=reddit())
    assert editor.shared(draft) == issue_text().encode()
    editor.git("mv", draft, FILE)
    editor.commit({})
    clock.advance(minutes=1)
    assert bring().state is BackfillState.DONE
    assert git(editor.remote, "log", "-1", "--format=%an", "main").strip() == "An Editor"


@pytest.mark.parametrize("path", ["draft/DRAFT_TEMPLATE", f"draft/{name_of('2026-08-26')}"])
def test_the_template_and_other_drafts_are_never_touched(bring: Any, editor: Checkout, path: str) -> None:
    before = (editor.place / path).read_bytes()

    result = bring(file=editor.place / path)

    assert result.state is BackfillState.STUCK
    assert (editor.place / path).read_bytes() == before


def test_a_file_that_a_person_names_is_home_where_nothing_else_is(bring: Any, editor: Checkout) -> None:
    result = bring(config=BackfillConfig(mode="off"), file=editor.place / FILE, home=[])

    assert result.state is BackfillState.DONE
    assert (editor.place / FILE).read_text() == issue_text(link=reddit())
