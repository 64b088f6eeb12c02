"""Print for people in a terminal what `--json` prints for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from crosspost.compose.post_text import pasteable_text
from crosspost.model import Event, Issue
from crosspost.pages.preview import wrapped
from crosspost.pages.shadow import Differences, describe, differences
from crosspost.plural import quantity

if TYPE_CHECKING:
    from crosspost.model import Delivery
    from crosspost.parse.audit import AuditFinding
    from crosspost.platforms import CheckResult
    from crosspost.status import Status
    from crosspost.watch.replay import ReplayEvent

CONSOLE = Console(soft_wrap=True)
"""The terminal breaks the lines: a link that we broke could not be followed."""
COLOURS = {
    **dict.fromkeys(("sent", "done", "ok"), "green"),
    **dict.fromkeys(("skipped", "retracted", "baseline", "withdrawn", "off"), "dim"),
    **dict.fromkeys(("uncertain", "warn"), "yellow"),
    **dict.fromkeys(("stuck", "FAIL"), "bold red"),
}
NARROWEST = 30
"""Characters that the last column of a table has at least."""


def coloured(state: str) -> str:
    """Return a state or level in its colour, as rich's markup; one that is under way has none."""
    colour = COLOURS.get(state)
    return f"[{colour}]{state}[/{colour}]" if colour else state


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of cells, in rich's markup, under dim headings.

    On a terminal the last column is wrapped between words, but not within a link. In a pipe each row is one line.
    """
    table = [[Text(column, style="dim") for column in columns]]
    table += [[Text.from_markup(cell) for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) + 2 for column in zip(*table, strict=True)][:-1]
    room = max(CONSOLE.width - sum(widths), NARROWEST)
    for row in table:
        beginning = Text()
        for cell, width in zip(row[:-1], widths, strict=True):
            beginning.append_text(cell).append(" " * (width - cell.cell_len))
        for line in wrapped(row[-1], room if CONSOLE.is_terminal else None):
            beginning.append_text(line)
            beginning.rstrip()
            CONSOLE.print(beginning, highlight=False)
            beginning = Text(" " * sum(widths))


def show_status(status: Status, now: datetime, number: int | None = None) -> None:
    """Print each issue with its reason, and its deliveries. `number`: of the only issue that was asked for."""
    for problem in status.problems:
        again = f"; tried again at {_minute(problem.not_before)}" if problem.not_before else ""
        CONSOLE.print(f"[yellow]problem[/yellow]  {escape(problem.sentence)}{again}")
    for hold in status.held_unseen:
        until = _minute(hold.until) if hold.until else f"released: crosspost release {hold.number}"
        CONSOLE.print(f"Issue {hold.number} was not seen yet; it is held until {until}")
    if not status.issues and number is None:
        CONSOLE.print("No issue was seen yet. If a pass has run, check folder and files of [source].")
    for issue in status.issues:
        reason = f" – {escape(issue.reason)}" if issue.reason else ""
        CONSOLE.print(f"[bold]{escape(issue.title)}[/bold]  {coloured(issue.state)}{reason}")
        if issue.correction:
            CONSOLE.print(f"[yellow]{escape(issue.correction)}[/yellow]")
        if not issue.deliveries:
            continue
        link = issue.backfill
        rows = [
            *((row.account, _state_of(row), escape(where_or_why(row))) for row in issue.deliveries),
            ("discussion link", coloured(link.state), escape(link.url or link.reason)),
        ]
        print_table(("account", "state", "where, or why not"), rows)
        CONSOLE.print()
        for row in issue.deliveries if number is not None else ():
            if row.was_shadow:
                _show_shadow(row)
    for line in (
        *([str(status.watcher)] if status.watcher else []),
        *(f"{channel.name}: {channel.describe(now)}" for channel in status.channels),
        *(f"{spending.account}: {spending}" for spending in status.spending),
    ):
        CONSOLE.print(f"[dim]{escape(line)}[/dim]")


def _show_shadow(row: Delivery) -> None:
    """Print what would have been posted, and where the text that people posted differs."""
    CONSOLE.print(
        f"[bold]{escape(row.account)}[/bold]  would have been sent:\n{escape(pasteable_text(row.post))}\n"
    )
    changes = differences(row) or Differences((), ())
    for mark, lines in (("-", changes.ours), ("+", changes.theirs)):
        for line in lines:
            CONSOLE.print(f"[dim]{mark} {escape(line)}[/dim]")
    if changes.ours or changes.theirs:
        CONSOLE.print("[dim](- only ours, + only theirs)[/dim]\n")


def _state_of(row: Delivery) -> str:
    adopted = " (adopted)" if row.adopted else ""
    author = f" (text by a {row.post.text_by})" if row.post.text_by else ""
    return coloured(row.state) + adopted + author


def where_or_why(row: Delivery) -> str:
    """Return the address of a post that is out; else the reason, with the time of the next step."""
    if row.was_shadow:
        return describe(row)
    if row.receipt and not row.has_open_request:
        where = " and before ".join((row.receipt.url, *reversed(row.earlier)))
        return f"{where}\n{row.reason}" if row.adopted else where
    until = f"; next step at {_minute(row.not_before)}" if row.not_before else ""
    where = f"; {row.url}" if row.has_open_request else ""
    before = f"; posted before: {', '.join(row.earlier)}" if row.earlier else ""
    return f"{row.reason}{until}{where}{before}".lstrip("; ")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def show_history(events: Sequence[Event]) -> None:
    """Print one line for each transition, oldest first, with its evidence under it."""
    for event in events:
        changed = event.before is not None and event.before != event.after
        what = f"{event.before} → {event.after}" if changed else event.after
        who = f"{event.account}: " if event.account else ""
        CONSOLE.print(
            f"[dim]{event.at:%Y-%m-%d %H:%M:%S}[/dim]  {escape(who)}[bold]{escape(what)}[/bold]  {escape(event.reason)}"
        )
        for name, value in event.evidence.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            if text:
                CONSOLE.print(f"                       [dim]{escape(name)}: {escape(text)}[/dim]")


def show_issue(issue: Issue) -> None:
    """Print what was understood of an issue, and what is wrong with it."""
    CONSOLE.print(f"[bold]{escape(issue.title)}[/bold]  {issue.date:%Y-%m-%d}  {escape(issue.url)}\n")
    rows = [
        *((escape(section.heading), quantity(len(section.links), "link")) for section in issue.community),
        *((name, escape(value)) for name, value in _sections(issue)),
    ]
    print_table(("part", "understood"), rows)
    for finding in issue.findings:
        line = f"line {finding.line}: " if finding.line else ""
        CONSOLE.print(f"[yellow]{line}{escape(finding.message)}[/yellow]")


def _sections(issue: Issue) -> list[tuple[str, str]]:
    """Return the other sections, and what was understood of each."""
    calls, performance, rfcs = issue.calls_for_participation, issue.performance, issue.rfcs
    merged, quote = issue.pull_requests_merged, issue.quote_of_the_week
    crates = (": ".join(filter(None, (each.name, each.description))) for each in issue.crates_of_the_week)
    report = (performance.headline or "a report without a headline") if performance else "no report"
    common = [
        ("discussion", issue.discussion_url or "no link yet"),
        *(("comment for crosspost", phrase) for phrase in issue.directives.phrases()),
    ]
    if issue.grammar == "plain":
        return common
    return [
        ("crate of the week", ", ".join(crates) or "none"),
        ("calls for participation", f"{len(calls.projects)} from projects, {len(calls.events)} from events"),
        ("merged pull requests", "not said" if merged is None else str(merged)),
        ("performance", report),
        (
            "RFCs",
            f"{len(rfcs.approved)} approved, {len(rfcs.new_or_updated)} new or updated, "
            f"{len(rfcs.final_comment_period)} in their final comment period",
        ),
        ("events", f"{sum(issue.events.values())} in {quantity(len(issue.events), 'region')}"),
        ("quote of the week", quote.text if quote else "none"),
        ("hiring", issue.hiring_url or "no link yet"),
        *common,
        ("editors", ", ".join(issue.editors) or "not named"),
    ]


def show_audit(findings: Sequence[AuditFinding]) -> None:
    """Print a line for each discussion link that has a problem, and their number."""
    if not findings:
        CONSOLE.print("Every discussion link leads to its own issue's discussion.")
        return
    rows = []
    for each in findings:
        where = each.file if each.line is None else f"{each.file}:{each.line}"
        rows.append((str(each.number), each.problem, escape(where), escape(each.url or "")))
    print_table(("issue", "problem", "where", "link"), rows)
    CONSOLE.print("\n" + quantity(len(findings), "problem"))


def show_replay(events: Sequence[ReplayEvent]) -> None:
    """Print what would have happened, in order, and how many issues would have been announced."""
    rows = []
    for each in events:
        when = f"{datetime.fromtimestamp(each.time, UTC):%Y-%m-%d %H:%M}"
        rows.append((when, each.event, str(each.number), escape(each.file), each.commit[:9]))
    print_table(("when (UTC)", "event", "issue", "file", "commit"), rows)
    announced = sum(event.event == "published" for event in events)
    CONSOLE.print(f"\n{quantity(announced, 'issue')} would have been announced.")


def show_check(results: Sequence[CheckResult]) -> None:
    """Print one sentence for each thing that was checked."""
    rows = ((coloured(each.level), escape(each.what), escape(each.sentence)) for each in results)
    print_table(("", "what", "finding"), rows)
