"""`make release`: one command makes version, changelog, commit and tag, or changes nothing and says why."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
COMMIT = "git -c user.name=a -c user.email=a commit -qam x"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with what the release changes; its checks and packages are stood in for."""
    for name in (".ci/release", "CHANGELOG.md", "crosspost/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## 1.2.0 – unreleased\n\n### Added\n\n## 1.1.0 – 2026-01-01\n")
    (tmp_path / "Makefile").write_text("check:\n\t@true\nbuild:\n\t@mkdir dist\n")
    (tmp_path / ".gitignore").write_text("dist\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "begin")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def release(folder: Path, *version: str) -> subprocess.CompletedProcess[str]:
    names = {
        f"GIT_{role}_{part}": "a@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    command = [str(folder / ".ci" / "release"), *version]
    return subprocess.run(command, env={**os.environ, **names}, capture_output=True, text=True, check=False)


def test_a_release_is_one_commit_and_one_tag(project: Path) -> None:
    done = release(project, "1.2.0")

    assert done.returncode == 0, done.stderr
    assert '__version__ = "1.2.0"' in (project / "crosspost" / "__init__.py").read_text()
    assert f"## 1.2.0 – {datetime.now(UTC):%Y-%m-%d}\n" in (project / "CHANGELOG.md").read_text()
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "-1", "--format=%s %D").strip() == "release: 1.2.0 HEAD -> main, tag: v1.2.0"


@pytest.mark.parametrize(
    ("version", "before", "said"),
    [
        ((), "true", "no release: name a version"),
        (("1.2",), "true", "is no version"),
        (("1.2.0",), "git switch -qc other", "not the branch main"),
        (("1.2.0",), "touch new", "not committed"),
        (("1.2.0",), "git tag v1.2.0", "exists already"),
        (("1.2.0",), "sed -i s/unreleased/2026/ CHANGELOG.md; " + COMMIT, "no section"),
        (("1.2.0",), "sed -i s/true/false/ Makefile; " + COMMIT, "as they were"),
        (("1.2.0",), "git config tag.gpgsign true; git config gpg.program false", "as they were"),
    ],
)  # fmt: skip
def test_what_is_not_ready_is_not_released(
    project: Path, version: tuple[str, ...], before: str, said: str
) -> None:
    subprocess.run(["bash", "-c", before], cwd=project, check=True)
    head, changed = git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")

    done = release(project, *version)

    assert done.returncode != 0
    assert said in done.stderr
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")) == (head, changed)
