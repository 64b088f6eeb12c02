"""Compose a post: Issue → Digest → named lines → Post.

Pure: the same digest and target give the same post, so that what `preview` shows, what the store keeps and what is
sent are one value. Nothing here knows a platform by name: each platform's folder has a `Form`.

    digest.py       what to say of an issue, in plain text and in order
    ranking.py      the order of links
    performance.py  the compiler's performance report in one statement
    quotation.py    the quote of the week
    text.py         outside text and addresses, cleaned
    rendering.py    template + digest → lines; compiled.py: the cache of compiled templates
    fit.py          which lines have room; titles shortened at a word
    counting/       the length of a text; addresses.py: what becomes a link
    safety.py       what the platforms' escaping shares
    card.py         the picture of a post
    post_text.py    the text of a composed post, and what differs between two
    short.j2        the template of a form that has none of its own
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crosspost.compose.counting import Count, Limit, code_points
from crosspost.compose.fit import Line, dropped_names, fit_text, fit_with_links, join_lines
from crosspost.compose.rendering import Link, plain_link, render
from crosspost.config.types import Template
from crosspost.errors import UsageError
from crosspost.model import Post, TextBy

if TYPE_CHECKING:
    from crosspost.compose.digest import Digest

SHORT = Path(__file__).with_name("short.j2")


@dataclass(frozen=True, slots=True)
class Target:
    """The account that a post is composed for."""

    account: str
    form: Form
    """The platform's form, with the limits of the account's own instance."""
    language: str = "en"
    template: Template | None = None
    """The account's template in place of the form's own."""
    card: bool = False
    """The post has the issue's picture, if the form allows one."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Settings that only the platform's writer knows: Reddit's `body`."""


class Draft(NamedTuple):
    """A post before it is made to fit: what a writer gets."""

    lines: tuple[Line, ...]
    """All that the post could have."""
    digest: Digest
    target: Target


class Content(NamedTuple):
    """The part of a post that a platform's writer makes."""

    text: str
    dropped: tuple[str, ...]
    length: int
    fields: Mapping[str, Any]


def write_plain(draft: Draft) -> Content:
    """Return text and nothing else."""
    form = draft.target.form
    lines = fit_with_links(draft.lines, form.limits, form.min_links)
    text = join_lines(lines)
    return Content(text, dropped_names(draft.lines, lines), form.count(text), {})


Writer = Callable[[Draft], Content]


@dataclass(frozen=True, slots=True)
class Form:
    """The rules for a platform's posts. The defaults: plain text, counted in code points."""

    platform: str
    limit: int
    """The maximum length of a post, by `count`."""
    count: Count = code_points
    instance_count: Callable[[Mapping[str, int]], Count] | None = None
    """Returns the count for an instance's own limits."""
    extra_limits: tuple[Limit, ...] = ()
    """Limits beside `limit`: Bluesky's bytes."""
    escape: Callable[[str], str] = str
    """Makes outside text harmless on the platform (safety.py)."""
    link: Link = plain_link
    """Writes a title that leads to an address."""
    template: Path | str = SHORT
    """A file of the platform's folder, or a text."""
    write: Writer = write_plain
    min_links: int = 0
    """The least number of links beside the first; their titles are cut for it."""
    title_limit: int = 300
    """Code points of a post's title, where the platform has one."""
    allows_picture: bool = True
    is_link_post: bool = False
    """A post is a title and an address; its text only goes with them."""
    custom_text_line: str = "text"
    """The name of the line for a custom text."""
    custom_text_limit: Limit | None = None
    """Limits a custom text by itself."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        return (Limit(self.limit, self.count), *self.extra_limits)

    def with_limits(self, limits: Mapping[str, int]) -> Form:
        """Return this form with an instance's own limits in place of the usual ones; unknown names are ignored."""
        count = self.instance_count(limits) if self.instance_count and limits else self.count
        return replace(self, limit=limits.get("max_characters", self.limit), count=count)


def possible_lines(digest: Digest, target: Target) -> tuple[Line, ...]:
    """Return all lines that the post could have. Raises UsageError for a broken template."""
    form = target.form
    return render(target.template or form.template, digest, escape=form.escape, link=form.link)


def compose(digest: Digest, target: Target) -> Post:
    """Return the post for this target. Raises UsageError for a template that is broken or leaves out the address."""
    form = target.form
    content = form.write(Draft(possible_lines(digest, target), digest, target))
    if form.link is plain_link and digest.url not in content.text and "card" not in content.fields:
        where = target.template.at(None) if target.template else form.template
        raise UsageError(f"{where}: it leaves out the issue's address: put {{{{ url }}}} into it")
    return _post(content, digest, target)


def compose_custom(text: str, by: TextBy, digest: Digest, target: Target) -> Post:
    """Return the post with a custom text: none of its words is left out, shortened or escaped.

    Raises UsageError for a text that is empty or too long, or that leaves out the issue's address: the post could not
    be found again.
    """
    form = target.form
    lines = tuple(_custom_lines(text, form.custom_text_line))
    if not lines:
        raise UsageError(f"the text for {target.account} is empty")
    content = form.write(Draft(lines, digest, target))
    plain = "\n".join(line.text for line in lines)
    limits = (*form.extra_limits, *filter(None, [form.custom_text_limit]))
    for length, maximum in (
        (content.length, form.limit),
        *((each.count(plain), each.maximum) for each in limits),
    ):
        if length > maximum:
            raise UsageError(f"the text for {target.account} is too long: {length} of {maximum}")
    if not content.text:
        raise UsageError(f"{target.account} posts no text: its `body` says so")
    if not form.is_link_post and digest.url not in content.text + str(content.fields):
        raise UsageError(
            f"the text for {target.account} leaves out the issue's address, so it could not be found again; "
            f"put it in: {digest.url}"
        )
    return replace(_post(content, digest, target), text_by=by)


def _custom_lines(text: str, name: str) -> Iterator[Line]:
    """Yield the lines of a custom text, each cleaned."""
    from crosspost.compose.text import clean

    paragraph = 0
    for line in text.strip().splitlines():
        if words := clean(line):
            yield Line(name, (words,), None, paragraph)
        else:
            paragraph += 1


def _post(content: Content, digest: Digest, target: Target) -> Post:
    form = target.form
    picture = None
    if target.card and form.allows_picture:
        from crosspost.compose.card import picture_of

        picture = picture_of(digest)
    return Post(
        account=target.account,
        platform=form.platform,
        number=digest.number,
        url=digest.url,
        title=fit_text(digest.title, Limit(form.title_limit, code_points)),
        text=content.text,
        fields=content.fields,
        length=content.length,
        limit=form.limit,
        dropped=content.dropped,
        alt=str(picture) if picture else None,
        picture=picture,
        is_link=form.is_link_post,
    )
