"""What `crosspost check` says of a token and of a subreddit."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from crosspost.errors import UsageError
from crosspost.platforms import CheckResult, Level
from crosspost.platforms.reddit import Settings

SCOPES = frozenset({"identity", "submit", "read", "history", "flair"})


def scopes(granted: Set[str]) -> CheckResult:
    """Judge what the token may do. Raises UsageError when it may not post."""
    missing = set() if "*" in granted else SCOPES - granted
    if missing:
        raise UsageError(f"the token lacks the scopes {' '.join(sorted(missing))}: run crosspost login")
    if granted & {"*", "edit"}:
        return CheckResult("scopes", Level.OK, "the token may submit, read, edit and delete")
    sentence = "the token may submit and read, not edit or delete: for retract and amend run crosspost login"
    return CheckResult("scopes", Level.WARN, sentence)


def rules(said: Mapping[str, Any], settings: Settings) -> CheckResult:
    """Judge the subreddit's own rules. Raises UsageError when they refuse such a post."""
    if said.get("is_flair_required") and settings.flair is None:
        raise UsageError(f"r/{settings.subreddit} wants a flair on each post: set `flair`")
    if said.get("body_restriction_policy") == "notAllowed" and settings.body != "none":
        raise UsageError(f'r/{settings.subreddit} allows no text on a post: set body = "none"')
    return CheckResult("rules", Level.OK, f"r/{settings.subreddit} takes such a post")
