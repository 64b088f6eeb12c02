"""Every benchmark runs to its end; what it measures is nobody's business here."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench._machine import NotMeasured, row

ALL = sorted(
    module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")
)


def benchmarked(*arguments: str) -> subprocess.CompletedProcess[str]:
    folder = Path(bench.__path__[0]).parent
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("name", ALL)
def test_a_benchmark_ends_with_its_figures(name: str) -> None:
    done = benchmarked("--quick", name)

    title, *rows = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert title.startswith(f"── {name} ")
    assert rows


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    done = benchmarked("nothing")

    assert done.returncode == 2
    assert all(name in done.stdout for name in ALL)


def test_a_figure_that_cannot_be_had_is_said_and_the_others_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def too_busy() -> None:
        raise NotMeasured("the daemon did not get to it within 60 s")

    row(too_busy)
    row(lambda: print("the next figure"))

    assert capsys.readouterr().out.splitlines() == [
        "  not measured: the daemon did not get to it within 60 s",
        "the next figure",
    ]
