"""The types of options that are written as a text in the configuration file, and how each is read.

pydantic is imported only when a file is read (loader.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from crosspost.config import weektime
from crosspost.config.addresses import host_and_port, web_address

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core.core_schema import CoreSchema, ValidationInfo


@dataclass(frozen=True, slots=True)
class TextOption:
    """The reader of an option that is a text. `read` gets the text and the configuration's folder.

    It returns None for a text that is not what `expected` says, or raises ValueError with another sentence.
    """

    expected: str
    read: Callable[[str, Path], Any]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        def read(value: object, info: ValidationInfo[Path]) -> Any:
            result = self.read(value, info.context) if isinstance(value, str) and value else None
            if result is None:
                raise ValueError(f"expected {self.expected}")
            return result

        return core_schema.with_info_plain_validator_function(read)


def pattern_option(expected: str, pattern: str) -> TextOption:
    """Return the type of a text that matches the pattern as a whole."""
    return TextOption(expected, lambda text, _: text if re.fullmatch(pattern, text) else None)


def checked_option(expected: str, check: Callable[[str], object]) -> TextOption:
    """Return the type of a text for which `check` does not raise ValueError; it stays as it is."""

    def read(text: str, _: Path) -> str:
        check(text)
        return text

    return TextOption(expected, read)


def parse_duration(text: str) -> timedelta:
    """Read "90s", "10m", "1h30m", "7d". Raises ValueError with a sentence."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {_DURATIONS}")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError("this duration is too long") from None


def format_duration(length: timedelta) -> str:
    """Return a duration as it is written: "1d12h"."""
    seconds = length.total_seconds()
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        parts.append(f"{count:.0f}{unit}" if count else "")
    return "".join((*parts, f"{seconds:g}s" if seconds else "")) or "0s"


_DURATIONS = 'a duration such as "90s", "10m", "1h30m" or "7d"'
_DURATION = re.compile(r"(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def _positive_duration(text: str, _: Path) -> timedelta:
    length = parse_duration(text)
    if not length:
        raise ValueError("must be greater than zero")
    return length


Duration = Annotated[timedelta, TextOption(_DURATIONS, lambda text, _: parse_duration(text))]
PositiveDuration = Annotated[timedelta, TextOption(_DURATIONS, _positive_duration)]
"""A duration that is not zero."""
Moment = Annotated[str, checked_option(weektime.MOMENT, weektime.parse_moment)]
Span = Annotated[str, checked_option(weektime.SPAN, weektime.parse_window)]


# ── paths and addresses ──────────────────────────────────────────────────────────────────────────────


def _local_path(text: str, folder: Path) -> Path:
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise ValueError("no such user; write the path in full") from None


def _store_url(text: str, folder: Path) -> str:
    """Read the address of a database; the file of a relative SQLite address starts at `folder`."""
    scheme, separator, rest = text.partition("://")
    if not separator or not re.fullmatch(r"(sqlite|postgresql)(\+\w+)?", scheme):
        raise ValueError('expected a database: "sqlite:////path/to/file.db" or "postgresql+psycopg://…"')
    if not scheme.startswith("sqlite"):
        return text
    if not rest.startswith("/") or rest == "/":
        raise ValueError("expected a file: sqlite:// and three slashes, then the path (so four for /var/…)")
    return text if rest == "/:memory:" else f"{scheme}:///{_local_path(rest[1:], folder)}"


def _glob(text: str, _: Path) -> str | None:
    below = not text.startswith("/") and all(part not in ("", "..") for part in text.split("/"))
    return text if below else None


LocalPath = Annotated[Path, TextOption("a path in quotes", _local_path)]
"""A local path; a relative one starts at the configuration's folder, `~` is the home."""
StoreUrl = Annotated[str, TextOption("the address of a database in quotes", _store_url)]
Glob = Annotated[str, TextOption('a pattern of paths below the folder, such as "*-issue-*"', _glob)]
_WEB_ADDRESS = "a full address, such as https://example.org"
ApiAddress = Annotated[str, checked_option(_WEB_ADDRESS, web_address)]
"""An address to which secrets are sent: https, or this machine."""
Site = Annotated[str, checked_option(_WEB_ADDRESS, partial(web_address, plain_http=True))]
PublicPage = Annotated[str, checked_option(_WEB_ADDRESS, partial(web_address, plain_http=True, query=True))]
Listen = Annotated[str, checked_option('an address and a port, such as "127.0.0.1:8570"', host_and_port)]
_HOST = r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
HostName = Annotated[
    str, pattern_option('a name without https:// and port, such as "status.example.org"', _HOST)
]
Repository = Annotated[str, pattern_option('the forge\'s name for it: "owner/name"', r"[\w.-]+(/[\w.-]+)+")]


# ── words ────────────────────────────────────────────────────────────────────────────────────────────


def _hashtag(text: str, _: Path) -> str | None:
    """Return the word without its #; None where no platform would take it for one hashtag."""
    word = text.strip().removeprefix("#")
    return word if re.fullmatch(r"\w*[^\W\d_]\w*", word) else None


def _pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"this regular expression does not work: {error}") from None


def _amount(text: str, _: Path) -> Decimal | None:
    """Read "5.00": at most a million, in cents."""
    return Decimal(text.strip()) if re.fullmatch(r"\d{1,6}(\.\d{1,2})?", text.strip()) else None


_BRACES = "write other braces twice: {{ }}"
_PAGE = "only {site}, {date:%Y/%m/%d}, {slug}, {file} and {number} are replaced"


def _page_pattern(text: str) -> None:
    try:
        address = page_address(
            text, site="https://example.org", date=date(2026, 11, 18), slug="a", file="b", number=1
        )
    except (LookupError, ValueError, AttributeError, TypeError):
        raise ValueError(f"{_PAGE}; {_BRACES}") from None
    if not address.startswith(("https://", "http://")) or re.search(r"\s", address):
        raise ValueError(f"this makes no address; {_PAGE}")


def page_address(pattern: str, *, site: str, date: date, slug: str, file: str, number: int) -> str:
    """Return the address of an issue's page. `file`: the file's name without its date and its ending."""
    return pattern.format(site=site.rstrip("/"), date=date, slug=slug, file=file, number=number)


def _message(text: str) -> None:
    try:
        text.format(number=1)
    except (LookupError, ValueError, AttributeError):
        raise ValueError(f"only {{number}} is replaced; {_BRACES}") from None


Hashtag = Annotated[str, TextOption('a hashtag, one word such as "ThisWeekInRust"', _hashtag)]
"""Without its #."""
Pattern = Annotated[str, checked_option("a regular expression in quotes", _pattern)]
PagePattern = Annotated[str, checked_option("the pattern of an address in quotes", _page_pattern)]
Message = Annotated[str, checked_option("a text in quotes", _message)]
Author = Annotated[str, pattern_option('"Name <address>"', r"[^<>\n]*[^<>\s][^<>\n]*<[^<>\s]+>")]
_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"
Language = Annotated[str, pattern_option('a language tag such as "en" or "pt-BR"', _TAG)]
Amount = Annotated[Decimal, TextOption('an amount in US dollars in quotes, such as "5.00"', _amount)]


# ── templates ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Template:
    """An account's template (compose/rendering.py says what it may use)."""

    text: str
    file: Path | None = None
    """The file that has it; None: the configuration itself."""
    location: str = "the template"
    """The line of the configuration that has or names it."""

    def at(self, line: int | None) -> str:
        """Return the location of one of its lines, for people."""
        where = f"{self.location}, in {self.file}" if self.file else self.location
        return f"{where}, line {line}" if line and ("\n" in self.text or self.file) else where


def _template(text: str, folder: Path) -> Template:
    """Read a template, or the file that has it. Raises ValueError with a sentence."""
    if "{" in text or "\n" in text:
        return _check_syntax(Template(text))
    file = _local_path(text, folder)
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_TEMPLATE + 1)
        if len(data) > _LARGEST_TEMPLATE:
            raise ValueError(f"{file} is larger than {_LARGEST_TEMPLATE // 1024} KiB and so no template")
        return _check_syntax(Template(data.decode(), file))
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read ({error.strerror}); expected {_TEMPLATES}") from None


def _check_syntax(template: Template) -> Template:
    """Return the template. Raises ValueError for a syntax error; `crosspost check` finds names that do not exist."""
    from jinja2 import Environment, TemplateSyntaxError

    try:
        Environment(autoescape=True).parse(template.text)
    except TemplateSyntaxError as error:
        where = f"{template.file}, line {error.lineno}" if template.file else f"line {error.lineno} of it"
        raise ValueError(f"{where}: {error.message}") from None
    return template


_TEMPLATES = "a text with {{ url }} in it, or the path of a file that has one"
_LARGEST_TEMPLATE = 64 * 1024
"""Bytes. The longest of the platforms' templates has 3 kB."""

Wording = Annotated[Template, TextOption(_TEMPLATES, _template)]
"""A template, which has a brace or several lines; any other text is the path of one."""
