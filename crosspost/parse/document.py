"""Issue → the document of `crosspost parse --json` (docs/design.md), with the findings beside it."""

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
            {
                "heading": section.heading,
                "links": [_link(link) for link in section.links],
            }
            for section in issue.community
        ],
        "crates_of_the_week": [asdict(crate) for crate in issue.crates_of_the_week],
        "calls_for_participation": {
            "projects": [asdict(project) for project in issue.calls_for_participation.projects],
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
        "quote_of_the_week": asdict(issue.quote_of_the_week) if issue.quote_of_the_week else None,
        "hiring_url": issue.hiring_url,
        "discussion_url": issue.discussion_url,
        "editors": list(issue.editors),
        "findings": [
            {"kind": finding.kind.value, "line": finding.line, "message": finding.message}
            for finding in issue.findings
        ],
    }


def _performance(issue: Issue) -> dict[str, Any] | None:
    if issue.performance is None:
        return None
    return {**asdict(issue.performance), "triagers": list(issue.performance.triagers)}


def _link(link: Link) -> dict[str, Any]:
    return {"title": link.title, "url": link.url if link.linked else None, "tags": list(link.tags)}


def _untagged(links: tuple[Link, ...]) -> list[dict[str, str]]:
    return [{"title": link.title, "url": link.url} for link in links]
