"""A branch of a repository: what is seen, how little is asked for, and what it lives through."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from crosspost.errors import SourceError
from crosspost.sources.git import GitSource
from tests.newsroom import Checkout, git, issue_text, name_of

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
    editor: Checkout, allowed: str
) -> None:
    git(editor.remote, "config", "uploadpack.allowFilter", allowed)
    editor.commit({"content/huge.md": os.urandom(3_000_000)})
    source = source_of(editor)

    listing = source.poll(None)

    assert listing is not None
    if allowed == "true":
        assert listing.skipped == {"content/huge.md": "is larger than 2 MB"}
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
    assert listing.skipped == {"content/link.md": "is a symbolic link", "content/module.md": "is a submodule"}
    assert {sighting.path for sighting in source.read_all(strange)} == set(strange)


def test_a_name_that_is_not_utf8_is_left_alone(editor: Checkout) -> None:
    (editor.place / os.fsdecode(b"content/caf\xe9.md")).write_text(issue_text(700))
    editor.commit({})
    listing = source_of(editor).poll(None)

    assert listing is not None
    assert listing.skipped == {"content/caf\\xe9.md": "has a name that is not UTF-8"}


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
        "from pathlib import Path; from crosspost.sources.git import GitSource;"
        f"source = GitSource('git', 'file://{editor.remote}', branch='main', folder='content',"
        f" cache=Path({str(editor.place.parent / 'cache')!r}));"
        f"source.poll(None); print(len(source.read({FILE!r}).data))"
    )
    children = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(4)]
    answers = [child.communicate()[0].strip() for child in children]

    assert answers == [str(len(issue_text().encode())).encode()] * 4


def test_a_process_that_was_stopped_while_it_held_the_copy_does_not_hold_up_this_one(
    editor: Checkout, tmp_path: Path
) -> None:
    soon = timedelta(milliseconds=100)
    source = GitSource(
        "git", str(editor.remote), branch="main", folder="content", cache=tmp_path, waiting=soon
    )
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


def objects(source: GitSource) -> list[str]:
    return sorted(str(path) for path in (source.copy.repository / "objects").rglob("*"))
