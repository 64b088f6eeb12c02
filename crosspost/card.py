"""The picture that goes with a post: the issue's number, its date, and three figures. (Stub.)"""

from __future__ import annotations

from crosspost.digest import Digest


def figures(digest: Digest) -> tuple[tuple[str, str], ...]:
    """The three figures that matter, as (number, what of): those of the issue's that tell most."""
    candidates = (
        (digest.pull_requests, "pull request merged", "pull requests merged"),
        (digest.link_count, "link from the community", "links from the community"),
        (digest.calls.count if digest.calls else 0, "call for participation", "calls for participation"),
        (digest.events, "event ahead", "events ahead"),
        (len(digest.rfcs), "RFC approved", "RFCs approved"),
    )
    told = ((f"{number:,}", one if number == 1 else many) for number, one, many in candidates if number)
    return tuple(told)[:3]


def summary(digest: Digest) -> str:
    """ "12 August 2026: 698 pull requests merged, 31 links from the community, 6 calls for participation"."""
    told = ", ".join(" ".join(figure) for figure in figures(digest))
    day = f"{digest.date.day} {digest.date:%B %Y}"
    return f"{day}: {told}" if told else day


def alt_text(digest: Digest) -> str:
    """What the picture says, for those who do not see it."""
    return f"{digest.title}, {summary(digest)}."
