"""A branch of a repository: what is seen, how little is asked for, and what it lives through."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crosspost.errors import SourceError
from crosspost.store import open_store
from crosspost.watch import _git
from crosspost.watch.git import GitSource
from tests.conftest import MovableClock
from tests.newsroom import PUBLISHED, Checkout, git, issue_text, name_of
from tests.web_server import self_signed, serving

FILE = f"content/{name_of()}"


@pytest.fixture
def editor(tmp_path: Path) -> Checkout:
    checkout = Checkout.begin(tmp_path)
    checkout.commit(
        {FILE: issue_text(), "draft/next.md": issue_text(666, day="2026-08-26"), "README.md": "Hello"}
    )
    return checkout


def source_of(
    editor: Checkout, *, branch: str = "main", scheme: str = "file://", folder: str = "content"
) -> GitSource:
    cache = editor.place.parent / "cache"
    return GitSource("git", f"{scheme}{editor.remote}", branch=branch, folder=folder, cache=cache)


@pytest.mark.parametrize("scheme", ["file://", ""], ids=["an address", "a path"])
def test_the_folder_of_the_branch_is_listed_and_read(editor: Checkout, scheme: str) -> None:
    source = source_of(editor, scheme=scheme)

    listing = source.poll(None)

    assert listing is not None
    assert list(listing.files) == [FILE]
    assert source.read(FILE).data == issue_text().encode()
    assert source.read(FILE).revision == listing.revision == editor.head()


def test_an_idle_look_says_nothing_changed_and_brings_no_object(editor: Checkout) -> None:
    source = source_of(editor)
    listing = source.poll(None)
    assert listing is not None
    before = objects(source)

    assert source.poll(listing.revision) is None
    assert objects(source) == before


def test_the_copy_has_one_commit_and_the_remotes_other_branches_stay_there(editor: Checkout) -> None:
    editor.commit({"README.md": "Hello again"})
    editor.git("push", "-q", "origin", "HEAD:refs/heads/elsewhere", "HEAD:refs/pull/1/head")
    source = source_of(editor)
    source.poll(None)

    assert git(source.copy.repository, "rev-list", "--count", "--all").strip() == "1"
    assert git(source.copy.repository, "for-each-ref", "--format=%(refname)").split() == [
        "refs/crosspost/head"
    ]


def test_a_push_is_seen_and_a_process_that_never_polled_can_read_it(editor: Checkout) -> None:
    first = source_of(editor).poll(None)
    assert first is not None
    editor.commit({FILE: issue_text() + "\nA correction.\n"})
    source = source_of(editor)

    listing = source.poll(first.revision)

    assert listing is not None
    assert b"A correction." in source.read(FILE).data
    assert b"A correction." in source_of(editor).read(FILE).data


def test_a_force_push_is_followed(editor: Checkout) -> None:
    source = source_of(editor)
    source.poll(None)
    editor.git("checkout", "-q", "--orphan", "anew")
    editor.commit({FILE: issue_text(700)}, push=False)
    editor.git("push", "-q", "--force", "origin", "HEAD:refs/heads/main")

    listing = source.poll(None)

    assert listing is not None
    assert listing.revision == editor.head()
    assert b"Number: 700" in source.read(FILE).data


def test_a_renamed_branch_is_a_sentence_that_names_the_new_one(editor: Checkout) -> None:
    source = source_of(editor)
    source.poll(None)
    git(editor.remote, "branch", "-m", "main", "trunk")

    with pytest.raises(SourceError, match=r"has no branch main \(its main branch is trunk\)"):
        source.poll(None)


def test_a_remote_that_is_gone_is_a_sentence_and_what_was_brought_stays_readable(editor: Checkout) -> None:
    source = source_of(editor)
    listing = source.poll(None)
    away = editor.remote.with_name("away.git")
    editor.remote.rename(away)

    with pytest.raises(SourceError, match="cannot be asked for branch main"):
        source.poll(None)
    assert source.read(FILE).data == issue_text().encode()

    away.rename(editor.remote)
    assert listing is not None
    assert source.poll(listing.revision) is None


@pytest.mark.parametrize("damage", ["objects", "HEAD", "config", "packed", "everything"])
def test_a_broken_copy_is_made_anew(editor: Checkout, damage: str) -> None:
    source = source_of(editor)
    source.poll(None)
    copy = source.copy.repository
    if damage == "objects":
        shutil.rmtree(copy / "objects")
    elif damage == "everything":
        shutil.rmtree(copy)
    elif damage == "packed":
        for pack in (copy / "objects").rglob("*"):
            if pack.is_file():
                pack.chmod(0o600)
                pack.write_bytes(b"noise")
    else:
        (copy / damage).write_text("noise")

    listing = source_of(editor).poll(None)

    assert listing is not None
    assert source_of(editor).read(FILE).data == issue_text().encode()


def test_a_remote_that_knows_no_filter_still_works(editor: Checkout) -> None:
    git(editor.remote, "config", "uploadpack.allowFilter", "false")
    source = source_of(editor)

    assert source.poll(None) is not None
    assert source.read(FILE).data == issue_text().encode()


@pytest.mark.parametrize("allowed", ["true", "false"])
def test_a_huge_file_is_left_alone_and_stays_at_a_remote_that_can_filter(
    editor: Checkout, allowed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "crosspost.watch")
    git(editor.remote, "config", "uploadpack.allowFilter", allowed)
    editor.commit({"content/huge.md": os.urandom(3_000_000)})
    source = source_of(editor)

    listing = source.poll(None)

    assert listing is not None
    assert set(listing.files) == {FILE}
    assert caplog.messages == ["'content/huge.md' is ignored: it is larger than 2 MB"]
    if allowed == "true":
        assert (
            sum(file.stat().st_size for file in source.copy.repository.rglob("*") if file.is_file())
            < 1_000_000
        )
    assert [sighting.path for sighting in source.read_all(["content/huge.md", FILE])] == [FILE]


def test_strange_names_links_and_submodules_do_no_harm(editor: Checkout) -> None:
    strange = [
        "content/-rf.md",
        "content/--upload-pack=x.md",
        "content/a\nb.md",
        "content/..dots...md",
        "content/:(top).md",
    ]
    texts: dict[str, str | bytes | None] = dict.fromkeys(strange, issue_text(700))
    editor.commit(texts | {"content/deeper/other.md": issue_text(701)}, push=False)
    (editor.place / "content/link.md").symlink_to("/etc/passwd")
    editor.git("update-index", "--add", "--cacheinfo", f"160000,{editor.head()},content/module.md")
    editor.git("add", "content/link.md")
    editor.git("commit", "-q", "-m", "Strange things")
    editor.git("push", "-q", "origin", "HEAD:main")
    source = source_of(editor)

    listing = source.poll(None)

    assert listing is not None
    assert set(listing.files) == {FILE, *strange}
    assert {sighting.path for sighting in source.read_all(strange)} == set(strange)


def test_a_name_that_is_not_utf8_is_left_alone(editor: Checkout) -> None:
    (editor.place / os.fsdecode(b"content/caf\xe9.md")).write_text(issue_text(700))
    editor.commit({})
    listing = source_of(editor).poll(None)

    assert listing is not None
    assert set(listing.files) == {FILE}


def test_a_folder_that_is_not_there_holds_nothing(editor: Checkout) -> None:
    listing = source_of(editor, folder="elsewhere").poll(None)

    assert listing is not None
    assert not listing.files


def test_the_whole_tree_may_be_the_folder(editor: Checkout) -> None:
    listing = source_of(editor, folder=".").poll(None)

    assert listing is not None
    assert list(listing.files) == ["README.md"]


def test_two_processes_may_begin_at_once(editor: Checkout) -> None:
    program = (
        "from pathlib import Path; from crosspost.watch.git import GitSource;"
        f"source = GitSource('git', 'file://{editor.remote}', branch='main', folder='content',"
        f" cache=Path({str(editor.place.parent / 'cache')!r}));"
        f"source.poll(None); print(len(source.read({FILE!r}).data))"
    )
    children = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(4)]
    answers = [child.communicate()[0].strip() for child in children]

    assert answers == [str(len(issue_text().encode())).encode()] * 4


def test_a_process_that_was_stopped_while_it_held_the_copy_does_not_hold_up_this_one(
    editor: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosspost.watch.git.LOCK_TIMEOUT", timedelta(milliseconds=100))
    source = source_of(editor)
    source.copy.repository.parent.mkdir(parents=True)
    with source.copy.repository.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="another process"):
            source.poll(None)

    assert source.poll(None) is not None


def test_settings_of_the_user_that_change_outputs_do_no_harm(
    editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[color]\n ui = always\n[core]\n quotepath = true\n autocrlf = true\n pager = false\n"
        "[log]\n showSignature = true\n[user]\n useConfigOnly = true\n"
        "[fetch]\n prune = true\n[protocol]\n version = 0\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    editor_file = issue_text() + "Ünïcödé\n"
    monkeypatch.delenv("GIT_DIR")
    editor.commit({"content/ü.md": editor_file})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    source = source_of(editor)

    assert source.poll(None) is not None
    assert source.read("content/ü.md").data == editor_file.encode()


def test_a_password_in_the_address_is_never_shown(tmp_path: Path) -> None:
    url = "http://editor:hunter2@127.0.0.1:9/newsletter.git"
    source = GitSource("git", url, branch="main", folder="content", cache=tmp_path)

    with pytest.raises(SourceError) as caught:
        source.poll(None)
    assert "hunter2" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_a_sentence(editor: Checkout, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file")
    source = GitSource(
        "git", str(editor.remote), branch="main", folder="content", cache=tmp_path / "occupied"
    )

    with pytest.raises(SourceError, match="cannot be written"):
        source.poll(None)


# ── what a remote, a helper and a caller's folder can do ─────────────────────────────────────────────


def test_a_remote_that_never_answers_is_left_with_everything_that_asked_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"git://127.0.0.1:{silent.getsockname()[1]}/newsletter.git"
        with pytest.raises(_git.GitTimeoutError, match="did not finish within"):
            _git.run("ls-remote", address, timeout=timedelta(seconds=0.5))
        caller, _ = silent.accept()
        with caller:
            caller.settimeout(20)
            while caller.recv(4096):  # its request, and then the end: the process is gone
                pass


def test_a_helper_that_outlives_git_does_not_hold_it_up() -> None:
    leaves_one = "!sleep 300 >&2 & echo $!"
    helper = int(_git.run("-c", f"alias.leave={leaves_one}", "leave", timeout=timedelta(seconds=60)))

    os.kill(helper, 9)  # it was still there


def test_what_git_prints_without_end_is_a_sentence() -> None:
    with pytest.raises(_git.GitError, match="printed more than"):
        _git.run("-c", "alias.flood=!head -c 300M /dev/zero", "flood")


def test_settings_of_the_callers_folder_are_not_obeyed(
    editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    git(tmp_path, "init", "-q", str(trap))
    git(trap, "config", f"url.{tmp_path}/elsewhere.insteadOf", f"file://{editor.remote}")
    monkeypatch.chdir(trap)
    source = GitSource(
        "git", f"file://{editor.remote}", branch="main", folder="content", cache=trap / "cache"
    )

    assert source.poll(None) is not None
    (source.copy.repository / "HEAD").write_text("noise")  # git would look for a repository around it
    assert source.poll(None) is not None
    assert git(trap, "for-each-ref") == ""


def test_an_address_that_names_a_command_runs_none(tmp_path: Path) -> None:
    source = GitSource(
        "git", f"ext::touch {tmp_path}/run", branch="main", folder="content", cache=tmp_path / "cache"
    )

    with pytest.raises(SourceError, match="transport 'ext' not allowed"):
        source.poll(None)
    assert not (tmp_path / "run").exists()


# ── beside another user ──────────────────────────────────────────────────────────────────────────────

NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def state(editor: Checkout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The service's folder, which belongs to another user, and a remote that both may read."""
    with tempfile.TemporaryDirectory(prefix="crosspost-test-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "gitconfig").write_text("[safe]\n directory = *\n")
        shutil.copytree(editor.remote, place / "newsletter.git")
        (place / "state").mkdir()
        os.chown(place / "state", NOBODY, NOBODY)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(place / "gitconfig"))
        yield place / "state"


def shared_source(state: Path) -> GitSource:
    return GitSource(
        "git", f"file://{state.parent}/newsletter.git", branch="main", folder="content", cache=state
    )


def as_service(state: Path) -> str:
    """One look by the service, in a process of its own user; what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        words = "the look failed"
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.environ["HOME"] = "/"
            tempfile.tempdir = "/tmp"
            source = shared_source(state)
            listing = source.poll(None)
            words = f"{source.copy.repository.parent.name}: {len(listing.files) if listing else None}"
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test is to see it
            words = repr(error)
        finally:
            os.write(writing, words.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        words = said.read()
    os.waitpid(child, 0)
    return words


def owners(state: Path) -> set[int]:
    return {path.lstat().st_uid for path in state.rglob("*")}


@root_only
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_command_of_root_reads_and_leaves_nothing_in_the_services_folder(state: Path, when: str) -> None:
    if when == "after":
        assert as_service(state) == "git: 1"
    beside = shared_source(state)

    assert beside.poll(None) is not None
    assert beside.read(FILE).data == issue_text().encode()
    scratch = beside.copy.repository
    beside.close()

    assert not scratch.exists()
    assert owners(state) <= {NOBODY}
    assert as_service(state) == "git: 1"


@root_only
def test_a_database_that_root_makes_first_is_the_services(state: Path, clock: MovableClock) -> None:
    store = open_store(f"sqlite:///{state}/crosspost.db", "This Week in Rust", clock)
    store.ping()
    made = owners(state)
    store.close()

    assert made | owners(state) == {NOBODY}


@root_only
@pytest.mark.parametrize("left", ["the copy", "a folder in it", "the lock", "a new copy", "the folder"])
def test_what_root_left_in_the_cache_is_left_alone_and_the_service_reads_nevertheless(
    state: Path, left: str
) -> None:
    as_service(state)
    (copy,) = (state / "git").glob("*.git")
    if left == "a new copy":
        shutil.copytree(copy, copy.with_suffix(".new"))
    theirs = {
        "the copy": copy,
        "a folder in it": copy / "objects" / "pack",
        "the lock": copy.with_suffix(".lock"),
        "a new copy": copy.with_suffix(".new"),
        "the folder": copy.parent,
    }[left]
    os.chown(theirs, 0, 0)
    before = sorted(path for path in (state / "git").rglob("*"))

    assert re.fullmatch("crosspost-git-.*: 1", as_service(state))
    assert sorted(path for path in (state / "git").rglob("*")) == before


@root_only
def test_that_another_user_left_files_in_the_cache_is_said_once_with_what_to_do(
    editor: Checkout, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        source_of(editor).poll(None)
        os.chown(tmp_path / "cache" / "git", NOBODY, NOBODY)
        source = source_of(editor)
        for _ in range(2):
            assert source.poll(None) is not None
        source.close()

    said = [record.message for record in caplog.records if "files of another user" in record.message]
    assert len(said) == 1
    assert said[0].endswith("remove it")


@root_only
def test_a_repository_of_another_owner_is_named_with_what_allows_it(
    editor: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    os.chown(editor.remote, NOBODY, NOBODY)

    with pytest.raises(SourceError) as caught:
        source_of(editor).poll(None)
    assert str(caught.value).endswith(
        f"detected dubious ownership in repository at '{editor.remote}': "
        f"git config --system --add safe.directory {editor.remote}"
    )


def objects(source: GitSource) -> list[str]:
    return sorted(str(path) for path in (source.copy.repository / "objects").rglob("*"))


# ── since when a file is as it is ────────────────────────────────────────────────────────────────────

LONG_AGO = PUBLISHED - timedelta(days=30)


def others(editor: Checkout, count: int, *, begin: datetime) -> None:
    """So many commits, a minute apart, that touch another file."""
    for each in range(count):
        at = begin + timedelta(minutes=each)
        editor.commit({"README.md": f"Hello {each}"}, at=at, push=each == count - 1)


def test_how_long_a_file_is_unchanged_is_read_from_as_much_history_as_that_needs(editor: Checkout) -> None:
    others(editor, 60, begin=PUBLISHED + timedelta(minutes=1))
    source = source_of(editor)
    listing = source.poll(None)

    assert source.unchanged_since(FILE, LONG_AGO) == PUBLISHED
    assert source.poll(None) == listing
    assert source.read(FILE).data == issue_text().encode()


def test_no_history_is_fetched_where_the_newest_commit_is_old_enough(editor: Checkout) -> None:
    others(editor, 3, begin=PUBLISHED + timedelta(minutes=1))
    source = source_of(editor)
    source.poll(None)

    assert source.unchanged_since(FILE, PUBLISHED + timedelta(hours=1)) == PUBLISHED + timedelta(minutes=3)
    assert git(source.copy.repository, "rev-list", "--count", "--all").strip() == "1"


def test_a_merge_is_when_the_branch_got_the_file(editor: Checkout) -> None:
    merged = PUBLISHED + timedelta(hours=5)
    editor.git("checkout", "-q", "-b", "issue")
    editor.commit({FILE: issue_text(link="https://example.org")}, at=PUBLISHED, push=False)
    editor.git("checkout", "-q", "main")
    editor.git("merge", "-q", "--no-ff", "-m", "Merge", "issue", at=merged)
    editor.git("push", "-q", "origin", "main")
    source = source_of(editor)
    source.poll(None)

    assert source.unchanged_since(FILE, LONG_AGO) == merged


def test_where_more_history_cannot_be_had_a_later_time_is_told(
    editor: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    others(editor, 2, begin=PUBLISHED + timedelta(minutes=1))
    source = source_of(editor)
    source.poll(None)
    editor.remote.rename(editor.remote.with_name("away"))

    assert source.unchanged_since(FILE, LONG_AGO) == PUBLISHED + timedelta(minutes=2)
    monkeypatch.setattr("crosspost.watch.git.DEEPEN_BY", 1)
    editor.remote.with_name("away").rename(editor.remote)
    assert source.unchanged_since(FILE, LONG_AGO) == PUBLISHED + timedelta(minutes=1)


# ── what is wrong on this machine ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("GIT_SSL_CAINFO", "/nonexistent/ca.pem", "those of GIT_SSL_CAINFO"),
        ("https_proxy", "http://127.0.0.1:9", "by way of a proxy where https_proxy"),
    ],
)
def test_wrong_certificates_and_a_wrong_proxy_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, value)
    certificate = self_signed(tmp_path / "theirs")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    with serving(context) as server:
        address = f"{server.url}/newsletter.git"
        source = GitSource("git", address, branch="main", folder="content", cache=tmp_path / "cache")
        with pytest.raises(SourceError, match=says):
            source.poll(None)
