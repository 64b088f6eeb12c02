"""Whole issues in the forms of several years, each beside what was understood of it.

The samples are our own, in the newsletter's form. After a change that is meant, write them anew with
`python tests/parse/test_issue_samples.py` and read the difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crosspost.parse import parse_bytes, to_json

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.m*"))


def understood(sample: Path) -> dict[str, Any]:
    return to_json(parse_bytes(sample.read_bytes(), path=sample.name))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_an_issue_is_understood_as_it_is_written_down(sample: Path) -> None:
    assert understood(sample) == json.loads(sample.with_suffix(".json").read_text("utf-8"))


def test_the_package_and_the_discussion_line_load_no_markdown_parser() -> None:
    program = (
        "import sys, crosspost.parse.discussion, crosspost.parse.audit; print('markdown_it' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "False\n"


def test_the_document_has_the_documented_keys_in_their_order() -> None:
    assert list(understood(SAMPLES[0])) == [
        *("number", "title", "date", "url", "community", "crates_of_the_week", "calls_for_participation"),
        *("pull_requests_merged", "performance", "rfcs", "events", "quote_of_the_week", "hiring_url"),
        *("discussion_url", "editors", "crate_descriptions", "findings", "directives"),
    ]


if __name__ == "__main__":
    for path in SAMPLES:
        document = json.dumps(understood(path), ensure_ascii=False, indent=1)
        path.with_suffix(".json").write_text(document + "\n", "utf-8")
