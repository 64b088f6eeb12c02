"""A folder of files, also one that somebody works in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crosspost.errors import SourceError
from crosspost.watch.directory import DirectorySource
from tests.newsroom import issue_text, name_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / name_of()).write_text(issue_text())
    return tmp_path


def test_the_markdown_files_of_the_folder_are_listed_and_read(folder: Path) -> None:
    (folder / "1.markdown").write_text("x")
    (folder / "notes.txt").write_text("x")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "2.md").write_text("x")
    source = DirectorySource("directory", folder)

    listing = source.poll(None)

    assert listing is not None
    assert sorted(listing.files) == ["1.markdown", name_of()]
    assert source.read(name_of()).data == issue_text().encode()
    assert source.read(name_of()).fingerprint == listing.files[name_of()]


TREE = (
    "12.md",
    "2026/2026-11-18-update.md",
    "2026/11/2026-11-25-update.md",
    "061/index.md",
    "061/notes.md",
    "061/index.html",
    "_index.md",
    "061/_index.md",
    ".git/index.md",
    "a-party.md",
)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ((), {"12.md", "061/index.md", "a-party.md"}),
        (("**/*-update.md",), {"2026/2026-11-18-update.md", "2026/11/2026-11-25-update.md"}),
        (("[0-9]*", "*/index.md"), {"12.md", "061/index.md"}),
        (
            ("**",),
            {each for each in TREE if each.endswith(".md") and each[0] != "." and "_index" not in each},
        ),
    ],
)
def test_which_files_may_be_issues_is_said_by_patterns_and_a_page_may_be_a_folder(
    tmp_path: Path, files: tuple[str, ...], found: set[str]
) -> None:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(issue_text())
    source = DirectorySource("directory", tmp_path, files=files)

    listing = source.poll(None)

    assert listing is not None
    assert set(listing.files) == found
    assert {each.path for each in source.read_all(listing.files)} == found
    with pytest.raises(SourceError):
        source.read("061/../a-party.md")


def test_nothing_changed_is_said_and_a_changed_content_is_seen_even_when_its_time_is_not(
    folder: Path,
) -> None:
    source = DirectorySource("directory", folder)
    listing = source.poll(None)
    assert listing is not None
    assert source.poll(listing.revision) is None
    seen = (folder / name_of()).stat()

    (folder / name_of()).write_text(issue_text().replace("curly", "round"))
    os.utime(folder / name_of(), ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert source.poll(listing.revision) is not None


def test_touching_a_file_is_no_change(folder: Path) -> None:
    source = DirectorySource("directory", folder)
    listing = source.poll(None)
    assert listing is not None
    os.utime(folder / name_of(), (0, 0))

    assert source.poll(listing.revision) is None


def test_in_a_working_tree_only_the_content_folder_counts(tmp_path: Path) -> None:
    for place in ("content", "draft"):
        (tmp_path / place).mkdir()
        (tmp_path / place / f"{place}.md").write_text(issue_text())
    listing = DirectorySource("directory", tmp_path).poll(None)

    assert listing is not None
    assert list(listing.files) == ["content.md"]


def test_what_is_no_readable_file_is_ignored_with_its_reason(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "crosspost.watch")
    (folder / "link.md").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.md")
    (folder / "folder.md").mkdir()
    with (folder / "huge.md").open("wb") as huge:
        huge.truncate(200_000_000)
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("x")
    listing = DirectorySource("directory", folder).poll(None)

    assert listing is not None
    assert list(listing.files) == [name_of()]
    assert sorted(caplog.messages) == [
        "directory: 'caf\\udce9.md' is ignored: its name is not UTF-8",
        "directory: 'folder.md' is ignored: it is not a regular file",
        "directory: 'huge.md' is ignored: it is larger than 2 MB",
        "directory: 'link.md' is ignored: it is a symbolic link",
        "directory: 'pipe.md' is ignored: it is not a regular file",
    ]


@pytest.mark.parametrize("path", ["../secret.md", "/etc/passwd", "..", "", "a/../../secret.md"])
def test_a_path_that_leads_out_of_the_folder_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(SourceError, match="is not the name of a file"):
        DirectorySource("directory", folder).read(path)


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file or directory"):
        DirectorySource("directory", tmp_path / "gone").poll(None)


def test_a_file_that_went_between_the_look_and_the_reading_is_left_out(folder: Path) -> None:
    source = DirectorySource("directory", folder)
    source.poll(None)
    (folder / name_of()).unlink()

    assert list(source.read_all([name_of()])) == []
