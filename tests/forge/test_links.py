"""Where the lines of a file are shown, by what is known of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosspost.config.schema import BackfillConfig
from crosspost.forge import links
from tests.forge.conftest import Run
from tests.newsroom import Checkout, issue_text, name_of

FORGEJO = BackfillConfig(api_base_url="https://codeberg.org/api/v1/", repository="editors/news")


@pytest.mark.parametrize(
    ("url", "config", "address"),
    [
        ("https://github.com/a/b", BackfillConfig(), "https://github.com/a/b/blob/c0/x%20y.md?plain=1#L"),
        ("https://github.com/a/b.git", BackfillConfig(), "https://github.com/a/b/blob/c0/x%20y.md?plain=1#L"),
        ("git@github.com:a/b.git", BackfillConfig(), "https://github.com/a/b/blob/c0/x%20y.md?plain=1#L"),
        ("ssh://git@github.com/a/b", BackfillConfig(), "https://github.com/a/b/blob/c0/x%20y.md?plain=1#L"),
        ("/srv/news", FORGEJO, "https://codeberg.org/editors/news/src/commit/c0/x%20y.md?display=source#L"),
        ("/srv/news", BackfillConfig(repository="a/b"), "https://github.com/a/b/blob/c0/x%20y.md?plain=1#L"),
        (
            "/srv/news",
            BackfillConfig(repository="a/b", api_base_url="https://forge.example/api/v3"),
            "https://forge.example/a/b/blob/c0/x%20y.md?plain=1#L",
        ),
        (
            "/srv/news",
            BackfillConfig(repository="a/b", api_base_url="https://api.octo.ghe.example"),
            "https://octo.ghe.example/a/b/blob/c0/x%20y.md?plain=1#L",
        ),
        ("https://git.example.org/a/b", BackfillConfig(), None),
        ("/srv/github.com/a", BackfillConfig(), None),
    ],
)
def test_lines_of_a_source(url: str, config: BackfillConfig, address: str | None) -> None:
    lines = links.source_links(url, "c0", config)

    assert (lines and lines("x y.md")) == address


def test_an_issue_of_a_source_leads_to_its_lines(
    run: Run, editor: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor.git("checkout", "-q", "main")
    commit = editor.commit({f"content/{name_of()}": issue_text()})
    config = tmp_path / "config.toml"
    config.write_text(f"""
[store]
url = "sqlite:///{tmp_path}/crosspost.db"
[source]
url = "file://{editor.remote}"
[backfill]
mode = "off"
repository = "rust-lang/this-week-in-rust"
[accounts.bluesky]
platform = "bluesky"
mode = "manual"
""")

    shown = run("-c", str(config), "preview", "--markdown", "665")

    line = issue_text().splitlines().index("<small>[Discuss on r/rust](REDDIT_LINK_HERE)</small>") + 1
    place = f"https://github.com/rust-lang/this-week-in-rust/blob/{commit}/content/{name_of()}"
    assert f"([line {line}](<{place}?plain=1#L{line}>))" in shown
    assert "`crosspost backfill 665 --url ADDRESS`" in shown
    assert "[Post it by hand](<https://bsky.app/intent/compose?text=" in shown
    assert not (tmp_path / "crosspost.db").exists()
