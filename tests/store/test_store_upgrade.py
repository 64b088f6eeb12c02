"""Years of releases: a database of the first one is upgraded and goes on; a newer one is left alone.

releases/ holds a dump of a database for each release that changed the schema. They are never edited.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crosspost import platforms
from crosspost.cli import execute
from crosspost.errors import SchemaOutdatedError
from crosspost.model import DeliveryState, Picture
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Sandbox
from crosspost.status import status
from crosspost.store import open_store, tables
from crosspost.store.scopes import Scope
from tests.conftest import MovableClock
from tests.databases import new_database
from tests.rehearsing import WEDNESDAY, Rehearsal, issue_text

RELEASES = sorted(Path(__file__).with_name("releases").glob("*.sql"))
LATER = datetime(2026, 8, 27, 4, 0, tzinfo=UTC)
"""An hour after the dumps were made."""
N = "This Week in Rust"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(LATER))


def restored(dump: Path, folder: Path) -> Path:
    path = folder / "crosspost.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(dump.read_text("utf-8"))
    return path


def told(output: str) -> dict[int, str]:
    return {issue["number"]: issue["state"] for issue in json.loads(output)["issues"]}


def schema_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


# ── forward ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dump", RELEASES, ids=lambda dump: dump.stem)
def test_a_database_of_an_older_release_keeps_its_rows_and_its_story(dump: Path, tmp_path: Path) -> None:
    path = restored(dump, tmp_path)

    store = open_store(f"sqlite:///{path}", N, MovableClock(LATER))

    assert schema_of(path) == tables.SCHEMA
    states = {issue.number: issue.state for issue in status(store).issues}
    assert states == {666: "planned", 665: "done", 664: "baseline", 663: "baseline"}
    assert {row.account: row.state for row in store.deliveries(666)} == {
        "mastodon": DeliveryState.SENT,
        "x": DeliveryState.STUCK,
        "reddit": DeliveryState.UNCERTAIN,
        "discord": DeliveryState.DUE,
        "bluesky": DeliveryState.UNCERTAIN,
    }
    assert all(row.post.number == 666 for row in store.deliveries(666))
    assert store.events(665)[0].reason
    store.close()


def test_what_the_first_release_kept_in_sentences_moves_into_columns(tmp_path: Path) -> None:
    path = restored(RELEASES[0], tmp_path)
    until = "2026-12-24T12:00:00+00:00"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE issue SET reason = 'it is gone from git; too late to take it back' WHERE number = 665"
        )
        database.execute(
            "INSERT INTO event VALUES (9001, '2026-08-28 03:00:00.000000', ?, 665, 'x', 'sent', 'due', "
            "'a person asked for a second post', '{}')",
            [N],
        )
        database.executemany(
            "INSERT INTO memory VALUES (?, ?, ?, '2026-08-28 03:00:00.000000')",
            [
                ("asked", f"{N}/666/discord", until),
                (f"late {N}", "664", "665"),
            ],
        )
        database.execute(
            "UPDATE delivery SET post = json_set(post, '$.alt', ?) WHERE number = 665 AND account = 'mastodon'",
            ["This Week in Rust 665, 19 August 2026: 1,234 pull requests merged, 1 link from the community."],
        )

    store = open_store(f"sqlite:///{path}", N, MovableClock(LATER))
    rows = {(row.number, row.account): row for row in store.deliveries()}
    issues = {issue.number: issue for issue in store.issues()}
    paused = store.paused_until("x"), store.paused_until("mastodon")
    forgotten = (
        store.get_value(Scope("asked", str), f"{N}/666/discord"),
        store.get_value(Scope(f"late {N}", str), "664"),
    )
    store.close()

    assert (issues[665].vanished_at, issues[666].vanished_at) == (issues[665].changed_at, None)
    assert issues[664].late_after == 665
    assert (rows[665, "x"].turn, rows[665, "mastodon"].turn) == (2, 1)
    assert rows[666, "discord"].asked_until == datetime.fromisoformat(until)
    assert rows[665, "mastodon"].post.picture == Picture(
        N, 665, "19 August 2026", (("1,234", "pull requests merged"), ("1", "link from the community"))
    )
    assert (rows[665, "reddit"].post.is_link, rows[665, "x"].post.is_link) == (True, False)
    assert "kind" not in rows[665, "reddit"].post.fields
    assert paused == (datetime(2026, 8, 27, 4, tzinfo=UTC), None)
    assert forgotten == (None, None)


@pytest.mark.postgres
def test_the_first_release_on_postgresql_comes_forward_as_well(postgresql: str, tmp_path: Path) -> None:
    url = new_database(postgresql)
    old = sa.create_engine(f"sqlite:///{restored(RELEASES[0], tmp_path)}")
    new = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    rows = sa.MetaData()
    rows.reflect(old)
    with old.connect() as source, new.begin() as target:
        config.attributes["connection"] = target
        command.upgrade(config, "0001")
        for table in rows.sorted_tables:
            kept = [dict(row) for row in source.execute(sa.select(table)).mappings()]
            if kept and table.name != "alembic_version":
                target.execute(sa.insert(table), kept)
    old.dispose()
    new.dispose()

    store = open_store(url, N, MovableClock(LATER))
    by_account = {row.account: row for row in store.deliveries(666)}
    paused = store.paused_until("x")
    store.close()

    assert paused == datetime(2026, 8, 27, 4, tzinfo=UTC)
    assert {row.turn for row in by_account.values()} == {1}
    assert (by_account["reddit"].post.is_link, by_account["x"].post.is_link) == (True, False)


@pytest.mark.parametrize("dump", RELEASES, ids=lambda dump: dump.stem)
def test_what_an_older_release_left_unfinished_is_finished_and_the_rest_left_alone(
    dump: Path, rehearsal: Rehearsal
) -> None:
    restored(dump, rehearsal.folder)
    for number in (663, 664, 665, 666):
        rehearsal.publish(number, issue_text(number, day=WEDNESDAY + timedelta(weeks=number - 665)))

    with rehearsal.app() as app:
        rehearsal.passes(app, most=30)
        states = rehearsal.states(app, 666)

    assert rehearsal.counts() == {"mastodon": 0, "x": 0, "reddit": 1, "discord": 1, "bluesky": 1}
    assert states.pop("x") is DeliveryState.STUCK
    assert set(states.values()) == {DeliveryState.SENT}


def test_only_a_pass_brings_a_database_forward(tmp_path: Path) -> None:
    path = restored(RELEASES[0], tmp_path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(SchemaOutdatedError, match="upgrades it"):
        open_store(f"sqlite:///{path}", N, MovableClock(LATER), create=False)

    assert schema_of(path) == "0000"


def test_status_on_a_newer_database_says_so(rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    path = restored(RELEASES[-1], rehearsal.folder)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    assert execute(["-c", str(rehearsal.path), "status"]) == 1

    said = capsys.readouterr()
    assert "update crosspost" in said.err
    assert "9999" in said.err
    assert schema_of(path) == "9999"


# ── back up, move, roll back: as docs/backup.md has it ───────────────────────────────────────────────────


def backed_up(database: Path, copy: Path) -> None:
    """That page's command; where there is no sqlite3 to call, what that command calls."""
    if program := shutil.which("sqlite3"):
        subprocess.run([program, database, f".backup {copy}"], check=True)
        return
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def test_a_copy_taken_while_it_runs_goes_on_elsewhere_and_posts_nothing_twice(
    rehearsal: Rehearsal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(666, issue_text(666, day=WEDNESDAY + timedelta(weeks=1)))
        backed_up(tmp_path / "crosspost.db", copy)
        rehearsal.passes(app)
    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)

    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(rehearsal.path.read_text().replace(f"{tmp_path}/crosspost.db", str(copy)))
    rehearsal.path = elsewhere
    with rehearsal.app() as app:
        assert rehearsal.passes(app).exit_code == 0

    assert rehearsal.counts() == dict.fromkeys(platforms.names(), 1)
    assert execute(["-c", str(elsewhere), "status", "--json"]) == 0
    assert told(capsys.readouterr().out) == {666: "done"}


def test_a_copy_from_before_an_upgrade_takes_the_program_back(rehearsal: Rehearsal, tmp_path: Path) -> None:
    path = restored(RELEASES[-1], tmp_path)
    backed_up(path, tmp_path / "before.db")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")  # a newer program was here
    assert execute(["-c", str(rehearsal.path), "once"]) == 1

    path.unlink()
    (tmp_path / "before.db").rename(path)
    for number in (663, 664, 665, 666):
        rehearsal.publish(number, issue_text(number, day=WEDNESDAY + timedelta(weeks=number - 665)))
    with rehearsal.app() as app:
        rehearsal.passes(app, most=30)

    assert rehearsal.counts()["mastodon"] == 0
    assert rehearsal.counts()["reddit"] == 1
