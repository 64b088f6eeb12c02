"""What is published is what was tested: wheel and sdist are whole, and the wheel works away from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import crosspost

pytestmark = pytest.mark.slow

PACKAGE = Path(crosspost.__file__).parent
PROJECT = PACKAGE.parent


def files(folder: Path) -> Iterator[str]:
    """Everything that belongs to the package, as a path from the project's folder."""
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(PROJECT))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wheel, sdist), built without a network: the wheel is made from the sdist, as `make build` does it."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an empty folder."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*pip, "--target", folder, built[0]], check=True, capture_output=True)
    return folder


def run_installed(site: Path, folder: Path, *arguments: str) -> str:
    """The installed program. `-S`: nothing but it and the libraries is on the path, no repository."""
    program = "import crosspost, sys; print(crosspost.__file__, file=sys.stderr); import crosspost.cli as c; c.main()"
    libraries = sysconfig.get_path("purelib")
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), libraries]), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stderr
    return done.stdout


def test_the_wheel_holds_the_whole_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    shipped = {"config.example.toml", *files(PROJECT / "systemd")}
    assert held == {*files(PACKAGE), *(f"crosspost/share/{name}" for name in shipped)}
    for kind in (
        "platforms/reddit/post.j2",
        "compose/short.j2",
        "samples/issue.md",
        "fonts/OFL.txt",
        "pages/templates/base.html",
        "pages/templates/base.css",
        "py.typed",
    ):
        assert f"crosspost/{kind}" in held
    assert any(name.startswith("crosspost/store/migrations/versions/") for name in held)


def test_the_sdist_brings_tests_units_and_papers_along(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}

    assert set(files(PACKAGE)) <= held
    papers = {"README.md", "CHANGELOG.md", "LICENSE", "config.example.toml", "Makefile", "requirements.txt"}
    assert papers <= held
    assert set(files(PROJECT / "systemd")) <= held


def test_the_installed_wheel_parses_and_previews(installed: Path, tmp_path: Path) -> None:
    sample = str(installed / "crosspost" / "samples" / "issue.md")

    assert "This Week in Rust" in run_installed(installed, tmp_path, "parse", sample)
    assert "mastodon" in run_installed(
        installed, tmp_path, "preview", sample, "--html", "page.html", "--json"
    )
    assert (tmp_path / "page.html").stat().st_size > 10_000
    assert run_installed(installed, tmp_path, "--version").split()[-1] == crosspost.__version__


def test_the_installed_wheel_does_the_whole_job(installed: Path, tmp_path: Path) -> None:
    said = run_installed(installed, tmp_path, "demo")

    for platform in ("mastodon", "x", "reddit", "discord", "bluesky"):
        assert platform in said.lower()


@pytest.fixture(scope="module")
def fresh(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in a virtual environment of its own, without an extra: its programs' folder.

    The other libraries are those of this run; what an extra brings is as if it were not there.
    """
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, built[0]], check=True, capture_output=True)
    site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    hidden = ", ".join(
        f"{module}=None" for module in ("atproto", "PIL", "apprise", "prometheus_client", "psycopg")
    )
    (site / "others.pth").write_text(
        f"{sysconfig.get_path('purelib')}\nimport sys; sys.modules.update({hidden})\n"
    )
    return folder / "bin"


def run_fresh(programs: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [programs / "crosspost", *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_of_a_wheel_without_extras_leaves_out_what_is_not_installed(
    fresh: Path, tmp_path: Path
) -> None:
    said = run_fresh(fresh, tmp_path, "demo")

    (left_out,) = (line for line in said.splitlines() if "is left out" in line)
    assert left_out.startswith("bluesky is left out: [accounts.bluesky] needs the extra `bluesky`: ")
    assert f"{fresh}/python" in left_out
    for platform in ("mastodon", "x", "reddit", "discord"):
        assert f"── {platform} ─" in said
    assert "── bluesky ─" not in said


def test_the_wheel_brings_example_units_and_completion(fresh: Path, tmp_path: Path) -> None:
    example = run_fresh(fresh, tmp_path, "config", "example")

    assert example == (PROJECT / "config.example.toml").read_text()
    assert f"\nExecStart={fresh}/crosspost run\n" in run_fresh(fresh, tmp_path, "systemd-unit")
    assert "OnUnitInactiveSec" in run_fresh(fresh, tmp_path, "systemd-unit", "crosspost-once.timer")
    assert "_CROSSPOST_COMPLETE=bash_complete" in run_fresh(fresh, tmp_path, "completion", "bash")
