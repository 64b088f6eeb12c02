"""The source that a `[source]` table describes."""

from __future__ import annotations

from pathlib import Path

from crosspost.config.schema import NewsletterConfig, SourceConfig
from crosspost.errors import ConfigError
from crosspost.model import Clock
from crosspost.watch.sources import Source


def open_source(
    config: SourceConfig,
    *,
    newsletter: NewsletterConfig,
    cache: Path,
    clock: Clock,
    hidden: frozenset[str] = frozenset(),
) -> Source:
    """Return the source that a `[source]` table describes. Nothing is asked of it yet.

    `cache`: a folder for what can be made again at any time. `hidden`: the environment variables that hold secrets, for
    no program that a source starts to see. Raises ConfigError when the table lacks what its kind needs.
    """
    name = config.name or config.kind
    if config.kind == "directory" and config.path is not None:
        from crosspost.watch.directory import DirectorySource

        return DirectorySource(name, config.path, folder=config.folder, files=config.files)
    if config.kind == "git" and config.url is not None:
        from crosspost.watch._access import Access
        from crosspost.watch.git import GitSource

        return GitSource(
            name,
            config.url,
            branch=config.branch,
            folder=config.folder,
            cache=cache,
            files=config.files,
            hidden=hidden,
            access=Access(config.url, config.ssh_key, config.known_hosts, config.token),
        )
    if config.kind == "feed" and config.url is not None:
        from crosspost.watch.feed import FeedSource

        return FeedSource(name, config.url, clock, files=config.files, untitled=newsletter.name)
    needs = "path" if config.kind == "directory" else "url"
    raise ConfigError(f"source {name}", [f"kind = {config.kind!r} needs {needs} = …"])
