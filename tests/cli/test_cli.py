"""The commands as people and scripts meet them: exit codes, one sentence for each mistake, one JSON document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import click
import pytest

from crosspost import platforms
from crosspost.cli import crosspost, execute

SAMPLE = Path(str(resources.files("crosspost.samples"))) / "issue.md"

HEAVY = (
    "mastodon",
    "tweepy",
    "praw",
    "prawcore",
    "discord",
    "atproto",
    "sqlalchemy",
    "apscheduler",
    "aiohttp",
    "requests",
)

CONFIGURATION = """
[store]
url = "sqlite:///{folder}/crosspost.db"
[source]
kind = "directory"
path = "{folder}/content"
[gate]
page_live = false
quiet_for = "0s"
max_age = "36500d"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    path = tmp_path / "config.toml"
    path.write_text(CONFIGURATION.format(folder=tmp_path))
    return path


@pytest.fixture(autouse=True)
def no_configuration_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("CROSSPOST_CONFIG", raising=False)


def loaded_by(*arguments: str) -> set[str]:
    """The modules in a fresh interpreter after a command."""
    code = (
        "import sys; from crosspost.cli import execute; "
        f"execute({list(arguments)!r}); print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stderr.splitlines()
    return {*modules, *(name.partition(".")[0] for name in modules)}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    loaded = loaded_by(option)

    assert not loaded & {*HEAVY, "pydantic", "rich", "jinja2", "markdown_it", "dataclasses"}
    assert not loaded & {f"crosspost.{name}" for name in ("app", "config", "model", "platforms", "store")}


@pytest.mark.parametrize("form", ["--json", "--markdown"])
def test_preview_of_a_file_loads_no_client_library_and_no_database(form: str) -> None:
    assert not loaded_by("preview", str(SAMPLE), form) & set(HEAVY)


def test_a_preview_in_a_pipe_loads_what_it_needs_and_no_more() -> None:
    assert not loaded_by("preview", str(SAMPLE)) & {*HEAVY, "pydantic", "rich", "asyncio"}


def test_a_pass_without_news_loads_neither_clients_nor_composer(config: Path) -> None:
    accounts = (f'[accounts.{name}]\nplatform = "{name}"\nmode = "manual"\n' for name in platforms.names())
    config.write_text(config.read_text() + "".join(accounts))

    loaded = loaded_by("-c", str(config), "once")

    assert "sqlalchemy" in loaded
    assert not loaded & {*HEAVY, "alembic", "jinja2", "markdown_it", "pydantic", "regex", "rich"} - {
        "sqlalchemy"
    }
    news = (
        "cli.action_commands",
        "config.child_process",
        "cli.report_commands",
        "admission",
        "backfill",
        "compose",
        "delivery.step",
        "pages",
        "planning",
        "watch.channels",
        "watch.page",
    )
    assert not loaded & {f"crosspost.{name}" for name in news}
    assert "sqlalchemy.dialects.postgresql" not in loaded


@pytest.mark.parametrize("name", crosspost.list_commands(click.Context(crosspost)))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([name, "--help"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Usage: crosspost")
    assert len(said.splitlines()) > 4


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["preview"], ["post", "--sideways", "1"], ["record", "1", "x"]]
)
def test_a_wrong_command_line_is_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_missing_configuration_is_named_with_the_places_that_were_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["status"]) == 2

    said = capsys.readouterr().err
    assert "/etc/crosspost/config.toml" in said
    assert "config.example.toml" in said or "-c" in said


def test_a_configuration_in_the_working_directory_is_not_read(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)

    assert execute(["status"]) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"Dear diary,\n\nnothing happened.\n", "issue"),
        (b"Title: This Week in Rust\nDate: 2026-11-18\n\nNo number.\n", "number"),
        (os.urandom(4096).replace(b"\n", b"") + b"\xff\xfe\xfa\x81", "issue"),
    ],
    ids=["empty", "no issue", "no number", "noise"],
)
def test_a_file_that_is_no_issue_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, sentence: str
) -> None:
    path = tmp_path / "odd.md"
    path.write_bytes(content)

    assert execute(["parse", str(path), "--json"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"crosspost: {path}: ")
    assert printed.err.count("\n") == 1
    assert "unexpected error" not in printed.err


def test_five_megabytes_of_noise_are_refused_unread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.md"
    path.write_bytes(b"[" * 5_000_000)

    assert execute(["preview", str(path)]) == 1
    assert "larger than 2 MB" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("parse", "preview"):
        assert execute([command, "nowhere.md"]) == 2
        assert "nowhere.md: there is no such file" in capsys.readouterr().err


def test_a_directory_in_place_of_a_file_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["parse", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_parse_prints_one_json_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["parse", str(SAMPLE), "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["number"] == 678
    assert document["url"] == "https://this-week-in-rust.org/blog/2026/11/18/this-week-in-rust-678/"
    assert document["discussion_url"] is None
    assert [crate["name"] for crate in document["crates_of_the_week"]] == ["lantern"]
    assert document["performance"]["means"]["all_primary"] == -0.9


def test_parse_for_people_names_what_is_wrong_with_the_issue(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["parse", str(SAMPLE)]) == 0

    said = capsys.readouterr().out
    assert "lantern" in said
    assert "REDDIT_LINK_HERE" in said
    assert "1 link" in said
    assert "1 links" not in said


def test_preview_needs_no_configuration_and_has_a_post_for_every_platform(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["preview", str(SAMPLE), "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["number"] == 678
    posts = {post["platform"]: post for post in document["posts"]}
    assert set(posts) >= {"mastodon", "x", "reddit", "discord", "bluesky"}
    assert all(0 < post["length"] <= post["limit"] for post in posts.values())
    assert {"title", "url", "text"} <= set(posts["reddit"])
    assert posts["discord"]["embeds"]


def test_preview_to_one_account_shows_that_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["preview", str(SAMPLE), "--to", "x", "--json"]) == 0

    (post,) = json.loads(capsys.readouterr().out)["posts"]
    assert post["platform"] == "x"


def test_preview_for_a_person_who_pastes_it_prints_one_post_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["preview", str(SAMPLE), "--to", "mastodon", "--json"]) == 0
    (post,) = json.loads(capsys.readouterr().out)["posts"]
    assert execute(["preview", str(SAMPLE), "--to", "mastodon", "--raw"]) == 0
    assert capsys.readouterr().out == f"{post['text']}\n"

    assert execute(["preview", str(SAMPLE), "--raw"]) == 2
    assert "name its account with --to (there are bluesky, discord, " in capsys.readouterr().err
    assert execute(["preview", str(SAMPLE), "--to", "x", "--raw", "--json"]) == 2


def test_preview_to_an_unknown_account_is_exit_code_2(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["-c", str(config), "preview", str(SAMPLE), "--to", "friendster"]) == 2
    assert "friendster" in capsys.readouterr().err


def test_preview_writes_a_page_that_needs_nothing_else_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "preview.html"

    assert execute(["preview", str(SAMPLE), "--html", str(page)]) == 0
    assert capsys.readouterr() == ("", f"crosspost: {page} shows 5 posts: open it in a browser\n")

    html = page.read_text()
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert 'src="http' not in html


def test_a_page_that_cannot_be_written_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["preview", str(SAMPLE), "--html", str(tmp_path / "no" / "such" / "page.html")]) == 2
    assert "Could not open file" in capsys.readouterr().err


def test_the_first_pass_takes_a_baseline_and_announces_nothing(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "content" / "2026-11-18-this-week-in-rust.md").write_bytes(SAMPLE.read_bytes())

    assert execute(["-c", str(config), "once"]) == 0
    capsys.readouterr()
    assert execute(["-c", str(config), "status", "--json"]) == 0

    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert (issue["number"], issue["state"], issue["deliveries"]) == (678, "baseline", [])


def test_an_unwritable_database_is_one_sentence(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIGURATION.format(folder="/proc/nowhere"))

    assert execute(["-c", str(config), "once"]) == 1

    said = capsys.readouterr().err
    assert "/proc/nowhere" in said
    assert "Traceback" not in said
    assert "unexpected error" not in said


def test_ten_mistakes_in_a_configuration_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """
[newsletter]
nam = "x"
[store]
url = 3
[source]
kind = "pigeon"
every = "soon"
[gate]
page_live = "maybe"
quiet = "1m"
[delivery]
first_retry = 5
[accounts.a]
platform = "friendster"
[accounts.b]
platform = "mastodon"
access_token = "in plain sight"
visibilty = "public"
"""
    )

    assert execute(["-c", str(path), "check"]) == 2

    said = capsys.readouterr().err
    wrong = (
        "nam",
        "url",
        "kind",
        "every",
        "page_live",
        "quiet",
        "first_retry",
        "friendster",
        "access_token",
        "visibilty",
    )
    assert all(word in said for word in wrong)
    assert "in plain sight" not in said


def completed(*words: str) -> list[str]:
    """What the shell offers for the last word; each shell's script asks in this way."""
    asked = {"_CROSSPOST_COMPLETE": "bash_complete", "COMP_CWORD": str(len(words))}
    done = subprocess.run(
        [sys.executable, "-m", "crosspost"],
        env={**os.environ, **asked, "COMP_WORDS": " ".join(("crosspost", *words))},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [(("sta",), ["status"]), (("status", "--js"), ["--json"]), (("--log-format", "j"), ["json"])],
)
def test_the_shell_completes_commands_and_options(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    if shell == "bash" and not shutil.which("bash"):
        pytest.skip("click asks bash for its version")
    done = subprocess.run(
        [sys.executable, "-m", "crosspost"],
        env={**os.environ, "_CROSSPOST_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_CROSSPOST_COMPLETE" in done.stdout


@pytest.mark.parametrize("name", crosspost.list_commands(click.Context(crosspost)))
def test_each_command_is_told_in_one_whole_sentence(name: str) -> None:
    said = crosspost.commands[name].get_short_help_str(limit=66)  # what 80 columns leave of a line

    assert said.endswith(".")
    assert not said.endswith("...")


def test_history_of_an_issue_that_was_never_seen_is_said_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["-c", str(config), "history", "999"]) == 2
    assert "999" in capsys.readouterr().err


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_status_of_an_issue_that_was_never_seen_is_a_wrong_command(
    config: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, ...]
) -> None:
    assert execute(["-c", str(config), "once"]) == 0
    capsys.readouterr()

    assert execute(["-c", str(config), "status", "999", *option]) == 2
    said = capsys.readouterr()
    assert "no issue 999 has been seen" in said.err
    assert said.out == ""


def test_an_archive_that_is_not_there_is_not_a_good_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["audit", str(tmp_path / "absent"), "--json"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "absent" in said.err
