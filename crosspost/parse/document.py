"""Issue → the document of `crosspost parse --json` (docs/documents.md), with the findings beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crosspost.model import Issue, Link


def document(issue: Issue) -> dict[str, Any]:
    return {
        "number": issue.number,
        "title": issue.title,
        "date": issue.date.isoformat(),
        "url": issue.url,
        "community": [
            {"heading": section.heading, "links": [_link(link) for link in section.links]}
            for section in issue.community
        ],
        "crates_of_the_week": [{"name": crate.name, "url": crate.url} for crate in issue.crates_of_the_week],
        "calls_for_participation": {
            "projects": [
                {"project": task.project, "title": task.title, "url": task.url}
                for task in issue.calls_for_participation.projects
            ],
            "events": [asdict(event) for event in issue.calls_for_participation.events],
        },
        "pull_requests_merged": issue.pull_requests_merged,
        "performance": _performance(issue),
        "rfcs": {
            "approved": _untagged(issue.rfcs.approved),
            "new_or_updated": _untagged(issue.rfcs.new_or_updated),
            "final_comment_period": _untagged(issue.rfcs.final_comment_period),
        },
        "events": dict(issue.events),
        "quote_of_the_week": _quote(issue),
        "hiring_url": issue.hiring_url,
        "discussion_url": issue.discussion_url,
        "editors": list(issue.editors),
        "crate_descriptions": [crate.description for crate in issue.crates_of_the_week],
        "findings": [
            {"kind": finding.kind.value, "line": finding.line, "message": finding.message}
            for finding in issue.findings
        ],
        "directives": {
            "lead": issue.directives.lead,
            "skip": list(issue.directives.skip),
            "hold": issue.directives.hold,
            "texts": dict(issue.directives.texts),
        },
    }


def _performance(issue: Issue) -> dict[str, Any] | None:
    if issue.performance is None:
        return None
    fields = asdict(issue.performance)
    fields.pop("dated"), fields.pop("stale")
    return {**fields, "triagers": list(issue.performance.triagers)}


def _quote(issue: Issue) -> dict[str, Any] | None:
    quote = issue.quote_of_the_week
    return {"text": quote.text, "author": quote.author, "author_url": quote.author_url} if quote else None


def _link(link: Link) -> dict[str, Any]:
    return {"title": link.title, "url": link.url if link.linked else None, "tags": list(link.tags)}


def _untagged(links: tuple[Link, ...]) -> list[dict[str, str]]:
    return [{"title": link.title, "url": link.url} for link in links]
