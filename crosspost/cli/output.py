"""Print for people in a terminal what `--json` prints for programs. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crosspost.model import Crate, Event, Issue
from crosspost.pages.shadow import Differences, differences, in_words, text_of
from crosspost.plural import counted

if TYPE_CHECKING:
    from crosspost.model import Delivery
    from crosspost.parse.audit import AuditFinding
    from crosspost.platforms import CheckResult
    from crosspost.status import Status
    from crosspost.watch.replay import ReplayEvent

COLOURS = {
    "sent": "green",
    "done": "green",
    "skipped": "dim",
    "retracted": "dim",
    "baseline": "dim",
    "withdrawn": "dim",
    "off": "dim",
    "stuck": "bold red",
    "uncertain": "yellow",
}
LEVELS = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}


def coloured(state: str) -> str:
    """Return a state in its colour; one that is simply under way has none."""
    colour = COLOURS.get(state)
    return f"[{colour}]{state}[/{colour}]" if colour else state


def table(*columns: str) -> Table:
    """Return a table as all of them look: no box, headings dim, long cells folded."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show_status(status: Status, console: Console, now: datetime, number: int | None = None) -> None:
    """Each issue with its reason, each delivery under it. `number`: the only one that was asked for."""
    for problem in status.problems:
        again = f"; tried again at {_minute(problem.not_before)}" if problem.not_before else ""
        console.print(f"[yellow]problem[/yellow]  {escape(problem.sentence)}{again}")
    for hold in status.held_unseen:
        until = (
            f"until {_minute(hold.until)}"
            if hold.until
            else f"until released: crosspost release {hold.number}"
        )
        console.print(f"Issue {hold.number} was not seen yet; it is held {until}")
    if not status.issues and number is None:
        console.print("Nothing was seen yet: the first pass takes a baseline.")
    for issue in status.issues:
        reason = f" – {escape(issue.reason)}" if issue.reason else ""
        console.print(f"[bold]{escape(issue.title)}[/bold]  {coloured(issue.state)}{reason}")
        if issue.correction:
            console.print(f"[yellow]{escape(issue.correction)}[/yellow]")
        if not issue.deliveries:
            continue
        rows = table("account", "state", "where, or why not")
        for row in issue.deliveries:
            adopted = " (adopted)" if row.adopted else ""
            own = f" (text by a {row.post.text_by})" if row.post.text_by else ""
            rows.add_row(row.account, coloured(row.state) + adopted + own, escape(where_or_why(row)))
        link = issue.backfill
        rows.add_row("discussion link", coloured(link.state), escape(link.url or link.reason))
        console.print(rows)
        console.print()
        for row in issue.deliveries if number is not None else ():
            if row.was_shadow:
                _show_shadow(row, console)
    for channel in status.channels:
        console.print(f"[dim]{escape(channel.name)}: {escape(channel.in_words(now))}[/dim]")
    for spending in status.spending:
        console.print(f"[dim]{escape(spending.account)}: {spending}[/dim]")


def _show_shadow(row: Delivery, console: Console) -> None:
    """Print what would have been posted, and the lines that people worded otherwise."""
    console.print(f"[bold]{escape(row.account)}[/bold]  would have got:\n{escape(text_of(row.post))}\n")
    changes = differences(row) or Differences((), ())
    for mark, lines in (("-", changes.ours), ("+", changes.theirs)):
        for line in lines:
            console.print(f"[dim]{mark} {escape(line)}[/dim]")
    if changes.ours or changes.theirs:
        console.print("[dim](- only ours, + only theirs)[/dim]\n")


def where_or_why(row: Delivery) -> str:
    """The address of what was sent, of what was adopted how it was recognised; for the rest the reason and the time
    until which nothing will happen."""
    if row.was_shadow:
        return in_words(row)
    if row.receipt and not row.has_open_request:
        where = " and before ".join((row.receipt.url, *reversed(row.earlier)))
        return f"{where}\n{row.reason}" if row.adopted else where
    until = f"; not before {_minute(row.not_before)}" if row.not_before else ""
    where = f"; {row.url}" if row.has_open_request else ""
    before = f"; posted before: {', '.join(row.earlier)}" if row.earlier else ""
    return f"{row.reason}{until}{where}{before}".lstrip("; ")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def show_history(events: Sequence[Event], console: Console) -> None:
    """Print one line for each transition, oldest first, with its evidence under it."""
    for event in events:
        moved = event.before is not None and event.before != event.after
        what = f"{event.before} → {event.after}" if moved else event.after
        who = f"{event.account}: " if event.account else ""
        console.print(
            f"[dim]{event.at:%Y-%m-%d %H:%M:%S}[/dim]  {escape(who)}[bold]{escape(what)}[/bold]  {escape(event.reason)}"
        )
        for name, value in event.evidence.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            if text:
                console.print(f"                       [dim]{escape(name)}: {escape(text)}[/dim]")


def show_issue(issue: Issue, console: Console) -> None:
    """Print what was understood of an issue, and what is wrong with it."""
    console.print(f"[bold]{escape(issue.title)}[/bold]  {issue.date:%Y-%m-%d}  {escape(issue.url)}\n")
    rows = table("part", "understood")
    for section in issue.community:
        rows.add_row(escape(section.heading), counted(len(section.links), "link"))
    for name, value in _parts(issue):
        rows.add_row(name, escape(value))
    console.print(rows)
    for finding in issue.findings:
        line = f"line {finding.line}: " if finding.line else ""
        console.print(f"[yellow]{line}{escape(finding.message)}[/yellow]")


def _crate(crate: Crate) -> str:
    return f"{crate.name}: {crate.description}" if crate.description else crate.name


def _parts(issue: Issue) -> list[tuple[str, str]]:
    calls = issue.calls_for_participation
    performance = issue.performance
    quote = issue.quote_of_the_week
    return [
        ("crate of the week", ", ".join(map(_crate, issue.crates_of_the_week)) or "none"),
        ("calls for participation", f"{len(calls.projects)} from projects, {len(calls.events)} from events"),
        (
            "merged pull requests",
            "not said" if issue.pull_requests_merged is None else str(issue.pull_requests_merged),
        ),
        (
            "performance",
            (performance.headline or "a report without a headline") if performance else "no report",
        ),
        (
            "RFCs",
            f"{len(issue.rfcs.approved)} approved, {len(issue.rfcs.new_or_updated)} new or updated, "
            f"{len(issue.rfcs.final_comment_period)} in their final comment period",
        ),
        ("events", f"{sum(issue.events.values())} in {counted(len(issue.events), 'region')}"),
        ("quote of the week", quote.text if quote else "none"),
        ("hiring", issue.hiring_url or "no link yet"),
        ("discussion", issue.discussion_url or "no link yet"),
        *(("comment for crosspost", said) for said in issue.directives.spoken()),
        ("editors", ", ".join(issue.editors) or "not named"),
    ]


def show_audit(findings: Sequence[AuditFinding], console: Console) -> None:
    """Print a line for each discussion link that has a problem, and their number."""
    if not findings:
        console.print("Every discussion link leads to its own issue's discussion.")
        return
    rows = table("issue", "problem", "where", "link")
    for finding in findings:
        place = finding.file if finding.line is None else f"{finding.file}:{finding.line}"
        rows.add_row(str(finding.number), finding.problem, escape(place), escape(finding.url or ""))
    console.print(rows)
    console.print("\n" + counted(len(findings), "problem"))


def show_replay(events: Sequence[ReplayEvent], console: Console) -> None:
    """Print what would have happened, in order, and how many issues would have been announced."""
    from datetime import UTC, datetime

    rows = table("when (UTC)", "event", "issue", "file", "commit")
    for event in events:
        when = datetime.fromtimestamp(event.time, UTC)
        rows.add_row(
            f"{when:%Y-%m-%d %H:%M}", event.event, str(event.number), escape(event.file), event.commit[:9]
        )
    console.print(rows)
    announced = sum(event.event == "published" for event in events)
    console.print(f"\n{counted(announced, 'issue')} would have been announced.")


def show_check(results: Sequence[CheckResult], console: Console) -> None:
    """One sentence for each thing that was looked at."""
    rows = table("", "what", "finding")
    for result in results:
        colour = LEVELS[result.level]
        rows.add_row(f"[{colour}]{result.level}[/{colour}]", escape(result.what), escape(result.sentence))
    console.print(rows)
