"""One bad source, page, file, issue, delivery or link is that one's problem: told, tried again, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosspost import platforms
from crosspost.app import App
from crosspost.cli import execute
from crosspost.model import BackfillState, DeliveryState, IssueState, Sighting
from crosspost.pipeline import run_pass
from crosspost.platforms import stand_ins
from crosspost.sandbox import Fault, Sandbox
from crosspost.status import status
from crosspost.watch.directory import DirectorySource
from crosspost.watch.sources import Listing
from tests.conftest import MovableClock
from tests.rehearsing import NIGHT, Rehearsal, issue_text
from tests.web_server import Asked, Reply, serving

ONE_EACH = dict.fromkeys(platforms.names(), 1)
NEEDED = "a person is needed"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    with Sandbox(stand_ins()) as sandbox:
        yield Rehearsal(tmp_path, sandbox, MovableClock(NIGHT))


def problems(app: App) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = status(app.store).as_json()["problems"]
    return found


def standing(app: App, number: int) -> tuple[IssueState, str]:
    record = app.store.issue(number)
    assert record is not None
    return record.state, record.reason


def alerted(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(vars(each)["fields"]["what"]) for each in caplog.records if NEEDED in each.getMessage()]


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("odd", ["http://.example.invalid/", "http://[oops/"])
def test_a_page_that_leads_to_an_odd_address_keeps_no_other_issue_waiting(
    rehearsal: Rehearsal, odd: str
) -> None:
    def site(asked: Asked) -> Reply:
        if asked.path.endswith("666/"):
            return Reply(302, headers={"Location": odd})
        return Reply(200, "<h1>This Week in Rust 665</h1>")

    with serving() as server:
        server.answer = site
        config = rehearsal.configured(page_live=True, page_base_url=server.url)
        with rehearsal.app(config) as app:
            run_pass(app)
            rehearsal.publish(665)
            rehearsal.publish(666, day=NIGHT.date())
            rehearsal.passes(app)

            assert rehearsal.counts() == ONE_EACH
            assert standing(app, 665)[0] is IssueState.DONE
            state, reason = standing(app, 666)
            assert state is IssueState.WAITING
            assert reason != "seen in directory at 2026-08-27-this-week-in-rust.md"


# ── a delivery ───────────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_that_fails_as_nobody_foresaw_is_told_and_tried_again_later(
    rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture
) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        sound = app.accounts
        # With this, what an unclear answer leaves behind cannot be dealt with.
        app.accounts = {**sound, "x": replace(sound["x"], look_after=(None,))}  # type: ignore[arg-type]
        rehearsal.sandbox.fail("x", Fault.RESET, on="write", stored=True)
        rehearsal.publish(665)

        done = run_pass(app)

        assert done.exit_code == 1
        assert {**rehearsal.states(app, 665), "x": DeliveryState.SENT} == dict.fromkeys(
            platforms.names(), DeliveryState.SENT
        )
        (problem,) = problems(app)
        assert (problem["source"], problem["path"]) == ("directory", "2026-08-19-this-week-in-rust.md")
        assert problem["step"] == "delivery of 665 to x"
        assert "TypeError" in problem["reason"]
        assert any("delivery of 665 to x" in told for told in alerted(caplog))

        caplog.clear()
        assert run_pass(app).exit_code == 1, "it is left alone, and still a problem"
        assert alerted(caplog) == []
        app.accounts = sound
        rehearsal.clock.advance(minutes=2)
        done = rehearsal.passes(app)
        assert (done.exit_code, problems(app)) == (0, [])
        assert rehearsal.counts() == ONE_EACH


# ── the link ─────────────────────────────────────────────────────────────────────────────────────────


class BreaksOnTheWayHome(DirectorySource):
    """Only filling in the link asks for everything when something was seen already."""

    broken = False

    def poll(self, last_revision: str | None) -> Listing | None:
        if self.broken and last_revision is None:
            raise ZeroDivisionError("on the way into the issue")
        return super().poll(last_revision)


def test_a_link_that_fails_as_nobody_foresaw_is_told_and_tried_again_later(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        source = BreaksOnTheWayHome("directory", rehearsal.content)
        app.sources = (source,)
        run_pass(app)
        source.broken = True
        path = rehearsal.publish(665)

        done = run_pass(app)

        assert done.exit_code == 1
        assert rehearsal.counts() == ONE_EACH
        (problem,) = problems(app)
        assert problem["step"] == "link of 665"
        link = app.store.backfill(665)
        assert link is not None
        assert "ZeroDivisionError" in link.reason

        source.broken = False
        rehearsal.clock.advance(minutes=2)
        assert run_pass(app).exit_code == 0
        (discussion,) = rehearsal.sandbox.posts("reddit")
        assert path.read_text() == issue_text(665, link=discussion.url)
        link = app.store.backfill(665)
        assert link is not None
        assert link.state is BackfillState.DONE


def test_a_link_goes_home_also_when_the_date_was_broken_meanwhile(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        source = BreaksOnTheWayHome("directory", rehearsal.content)
        app.sources = (source,)
        run_pass(app)
        source.broken = True
        path = rehearsal.publish(665)
        run_pass(app)
        path.write_text(path.read_text().replace("Date: 2026-08-19\n", ""))
        source.broken = False
        rehearsal.clock.advance(minutes=2)
        run_pass(app)

        (discussion,) = rehearsal.sandbox.posts("reddit")
        assert f"[Discuss on r/rust]({discussion.url})" in path.read_text()
        assert [each["path"] for each in problems(app)] == [path.name]


# ── a source, and a file of it ───────────────────────────────────────────────────────────────────────


class Raises(DirectorySource):
    """Fails in a way that nobody foresaw: as a whole, or with one file."""

    whole = False
    bad = ""

    def poll(self, last_revision: str | None) -> Listing | None:
        if self.whole:
            raise RuntimeError("no such thing")
        return super().poll(last_revision)

    def read(self, path: str) -> Sighting:
        if path == self.bad:
            raise ValueError("Invalid IPv6 URL")
        return super().read(path)

    def read_all(self, paths: Iterable[str]) -> Iterator[Sighting]:
        for path in paths:
            yield self.read(path)


def test_a_source_that_breaks_holds_back_nothing_that_is_due(
    rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture
) -> None:
    with rehearsal.app() as app:
        source = Raises("broken", rehearsal.folder / "nowhere")
        app.sources = (*app.sources, source)
        run_pass(app)
        source.whole = True
        rehearsal.publish(665)

        for _ in range(3):
            assert run_pass(app).exit_code == 1
            assert [each["source"] for each in problems(app)] == ["broken"]
            rehearsal.clock.advance(minutes=3)

        assert rehearsal.counts() == ONE_EACH
        assert len([told for told in alerted(caplog) if "no such thing" in told]) == 1


def test_a_source_that_breaks_is_asked_less_and_less_often(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        source = Raises("directory", rehearsal.content)
        app.sources = (source,)
        run_pass(app)
        source.whole = True
        run_pass(app)
        rehearsal.clock.advance(minutes=1)
        run_pass(app)
        source.whole = False
        rehearsal.publish(665)

        rehearsal.clock.advance(minutes=1)
        run_pass(app)
        assert app.store.issue(665) is None, "after the second failure it rests two minutes"
        rehearsal.clock.advance(minutes=1)
        assert rehearsal.passes(app).exit_code == 0
        assert problems(app) == []
    assert rehearsal.counts() == ONE_EACH


def test_a_file_that_breaks_its_source_is_that_files_problem(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        source = Raises("directory", rehearsal.content)
        app.sources = (source,)
        run_pass(app)
        source.bad = "a.md"
        (rehearsal.content / "a.md").write_text(issue_text(666, day=NIGHT.date()))
        rehearsal.publish(665)

        rehearsal.passes(app)

        assert rehearsal.counts() == ONE_EACH
        (problem,) = problems(app)
        assert (problem["source"], problem["path"]) == ("directory", "a.md")
        source.bad = ""
        rehearsal.clock.advance(minutes=30)
        assert rehearsal.passes(app).exit_code == 0
        assert standing(app, 666)[0] is IssueState.DONE


# ── a file that is not understood ────────────────────────────────────────────────────────────────────


def test_up_to_three_spaces_before_the_header_change_nothing(rehearsal: Rehearsal) -> None:
    header, _, text = issue_text(665).partition("\n\n")
    with rehearsal.app() as app:
        run_pass(app)
        rehearsal.publish(665, "\n".join(f"   {line}" for line in header.splitlines()) + "\n\n" + text)

        assert rehearsal.passes(app).exit_code == 0
    assert rehearsal.counts() == ONE_EACH


@pytest.mark.parametrize("dated", ["", "Date: 2026-18-11\n"], ids=["no date", "a mistyped date"])
def test_an_issue_without_a_date_waits_with_the_sentence_of_parse_until_it_is_mended(
    rehearsal: Rehearsal, dated: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    flawed = issue_text(665).replace("Date: 2026-08-19\n", dated)
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665, flawed)
        for _ in range(2):
            assert run_pass(app).exit_code == 1
        assert len(alerted(caplog)) == 1

        assert execute(["-c", str(rehearsal.path), "parse", str(path)]) == 1
        sentence = capsys.readouterr().err.partition(": ")[2].strip().rpartition(f"{path}: ")[2]
        assert "has no Date of the form YYYY-MM-DD" in sentence
        assert execute(["-c", str(rehearsal.path), "status", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        (issue,) = document["issues"]
        assert (issue["number"], issue["state"], issue["date"]) == (665, "waiting", None)
        assert issue["reason"] == sentence
        assert [(each["path"], each["reason"]) for each in document["problems"]] == [(path.name, sentence)]

        rehearsal.publish(665)
        assert rehearsal.passes(app).exit_code == 0
        assert problems(app) == []
    assert rehearsal.counts() == ONE_EACH


@pytest.mark.parametrize("named", ["665", "latest"])
def test_an_issue_without_a_date_is_refused_by_hand_with_the_same_sentence(
    rehearsal: Rehearsal, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Above all is no other issue taken for the latest one."""
    rehearsal.publish(664)
    assert execute(["-c", str(rehearsal.path), "once"]) == 0
    path = rehearsal.publish(665, issue_text(665).replace("Date: 2026-08-19\n", ""))

    assert execute(["-c", str(rehearsal.path), "post", named]) == 1

    assert f'directory: {path.name}: "This Week in Rust 665" has no Date' in capsys.readouterr().err
    assert sum(rehearsal.counts().values()) == 0


def test_an_announced_issue_that_is_broken_later_keeps_its_date_and_is_told(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        path = rehearsal.publish(665)
        rehearsal.passes(app)
        before = app.store.issue(665)
        assert before is not None
        whole = path.read_text()
        path.write_text(whole.replace("Date: 2026-08-19\n", ""))

        for _ in range(2):
            assert run_pass(app).exit_code == 1
            assert [each["path"] for each in problems(app)] == [path.name]
        after = app.store.issue(665)
        assert after is not None
        assert (after.state, after.date, after.url) == (IssueState.DONE, before.date, before.url)
        path.write_text(whole)
        assert run_pass(app).exit_code == 0


def update(day: str, title: str) -> str:
    """As newsletters that are named by their date write it (kubernetes-sigs/lwkd, 2026-11)."""
    return f"---\nlayout: post\ntitle: {title}\ndate: {day} 22:00:00 -0000\n---\n\n## News\n\n* [A]({day})\n"


def test_a_newsletter_named_by_its_date_is_refused_file_by_file_with_a_sentence(rehearsal: Rehearsal) -> None:
    with rehearsal.app(rehearsal.configured(whole=False)) as app:
        (rehearsal.content / "2026-08-02-update.md").write_text(
            update("2026-08-02", "Week Ending August 2, 2026")
        )
        assert run_pass(app).exit_code == 0
        for day in (9, 16):
            path = rehearsal.content / f"2026-08-{day:02}-update.md"
            path.write_text(update(f"2026-08-{day:02}", f"Week Ending August {day}, 2026"))
            assert run_pass(app).exit_code == 1

        assert app.store.issues() == []
        found = {each["path"]: each["reason"] for each in problems(app)}
        assert sorted(found) == ["2026-08-09-update.md", "2026-08-16-update.md"]
        assert all("2026 looks like a year" in reason for reason in found.values())
        path.unlink()
        run_pass(app)
        assert [each["path"] for each in problems(app)] == ["2026-08-09-update.md"]
    assert sum(rehearsal.counts().values()) == 0


def test_a_whole_archive_without_numbers_is_one_problem(rehearsal: Rehearsal) -> None:
    with rehearsal.app() as app:
        run_pass(app)
        for day in range(1, 31):
            (rehearsal.content / f"{day:02}.md").write_text(update(f"2026-06-{day:02}", "An update"))
        run_pass(app)

        (problem,) = problems(app)
        assert problem["reason"].startswith(
            "30 files look like issues and have no number; the first is 01.md"
        )


# ── the baseline ─────────────────────────────────────────────────────────────────────────────────────


def test_the_first_pass_says_what_it_took_as_out_already(
    rehearsal: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (663, 664, 665):
        rehearsal.publish(number)

    assert execute(["-c", str(rehearsal.path), "once"]) == 0
    told = "baseline: 3 issues up to 665; none of these is announced automatically\n"
    assert capsys.readouterr().out == told

    assert execute(["-c", str(rehearsal.path), "once"]) == 0
    assert capsys.readouterr().out == ""
    with rehearsal.app() as app:
        assert {each.state for each in app.store.issues()} == {IssueState.BASELINE}
        assert app.store.deliveries() == []
