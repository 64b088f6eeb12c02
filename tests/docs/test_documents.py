"""Each `--json` document is as its schema in docs/schemas says, and has no key that the schema does not name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click
import pytest

from crosspost.app import App, load_config
from crosspost.cli import crosspost, execute
from crosspost.model import BackfillState, DeliveryState, Hold, HoldBy
from crosspost.model.record import ActualPost
from crosspost.status import Status
from crosspost.watch.lease import Watcher
from crosspost.watch.problems import ProblemKind, Problems
from tests.docs.pages import DOCS, PROJECT
from tests.newsroom import Checkout, issue_text, name_of
from tests.web.strange_week import NOW, a_post, an_issue, fill, sighting_of

jsonschema = pytest.importorskip("jsonschema")

EXAMPLE = PROJECT / "config.example.toml"
SAMPLE = PROJECT / "crosspost" / "samples" / "issue.md"
CONFIG = cast(click.Group, crosspost.get_command(click.Context(crosspost), "config"))
SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in DOCS.glob("schemas/*.json")}


def closed(schema: Any) -> Any:
    """The schema, with every key forbidden that it does not name: keys may be added, and then here as well."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner


def holds(name: str, document: Any) -> None:
    validator = jsonschema.Draft202012Validator(
        closed(SCHEMAS[name]), format_checker=jsonschema.FormatChecker(["date"])
    )
    validator.validate(document)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command prints, read as JSON."""

    def run(*arguments: str) -> Any:
        execute(list(arguments))
        return json.loads(capsys.readouterr().out)

    return run


def test_every_command_with_a_document_has_a_schema() -> None:
    commands = [*crosspost.commands.items(), *CONFIG.commands.items()]
    printing = {name for name, each in commands if any("--json" in option.opts for option in each.params)}

    assert printing - {"show"} | {"config"} == set(SCHEMAS)
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_config_show(printed: Any, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")

    holds("config", printed("-c", str(path), "config", "show", "--json"))


def test_parse_and_preview(printed: Any, tmp_path: Path) -> None:
    bare = tmp_path / "666.md"
    bare.write_text("Title: This Week in Rust 666\nNumber: 666\nDate: 2026-08-26\n\n" + "# Nothing\n" * 40)

    holds("parse", printed("parse", str(SAMPLE), "--json"))
    holds("parse", printed("parse", str(bare), "--json"))
    holds("preview", printed("preview", str(SAMPLE), "--json"))


def test_status_and_history_of_a_week_in_which_everything_is_wrong(printed: Any, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[store]\nurl = "sqlite:///{tmp_path}/crosspost.db"\n'
        f'[source]\nkind = "directory"\npath = "{tmp_path}"\n'
        '[[channels]]\nkind = "page"\nurl = "https://archive.example/"\n'
        '[accounts.x]\nplatform = "x"\nmode = "manual"\nbudget = "5.00"\n'
    )
    with App(load_config(path, secrets=False), lambda: NOW) as app:
        fill(app)
        rehearsed = an_issue(667)
        app.store.record_sighting(rehearsed, sighting_of(667), NOW)
        posts = [a_post(rehearsed, "x", "x")]
        (row,) = app.store.plan(rehearsed, posts, backfill=BackfillState.OFF, now=NOW, shadow=True)
        seen = ActualPost("https://x.com/i/status/1", NOW, "An editor's words")
        app.store.move(row, DeliveryState.SKIPPED, now=NOW, reason="rehearsed", shadow_at=NOW, seen=seen)
        app.store.save_hold(Hold(700, HoldBy.EDITOR, held=True, until=None, wish="", at=NOW), "held")
        problems = Problems(app.store, NOW)
        problems.add("git", "content/x.md", "", ProblemKind.FAULT, "an error in crosspost itself: KeyError")
        problems.save()

    document = printed("-c", str(path), "status", "--json")

    assert document.pop("watcher") is None, "that is said of several machines"
    shared = Status((), (), watcher=Watcher("one.example.org, process 7", NOW, NOW, "token")).as_json()
    holds("status", document | {"watcher": shared["watcher"]})
    assert all(document.values()), "an empty list shows nothing of what is in it"
    happened = printed("-c", str(path), "history", "665", "--json")
    holds("history", happened)
    assert {event["account"] for event in happened} >= {None, "mastodon", "x", "backfill"}
    assert [event["state"] for event in happened if event["account"] == "x"] == ["due", "sending", "stuck"]


def test_replay_and_audit(printed: Any, tmp_path: Path) -> None:
    editor = Checkout.begin(tmp_path)
    for number, day in ((664, "2026-08-12"), (665, "2026-08-19")):
        editor.commit({f"content/{name_of(day)}": issue_text(number, day=day)})
    audited = printed("audit", str(editor.place / "content"), "--json")
    replayed = printed("replay", str(editor.place), "--json")

    assert audited
    assert replayed
    holds("audit", audited)
    holds("replay", replayed)
