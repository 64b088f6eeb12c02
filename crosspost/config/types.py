"""The types of our own that options of the configuration file have, and how pydantic reads each from a text.

pydantic itself is imported where a file is read (reading.py), and nowhere before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core.core_schema import CoreSchema, ValidationInfo


@dataclass(frozen=True, slots=True)
class Reads:
    """How a type of ours is read from a text; `read` gets the configuration's folder, too."""

    wanted: str
    read: Callable[[str, Path], Any]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        def read(value: object, info: ValidationInfo[Path]) -> Any:
            if not isinstance(value, str) or not value:
                raise ValueError(f"expected {self.wanted}")
            return self.read(value, info.context or Path())

        return core_schema.with_info_plain_validator_function(read)


def duration(text: str) -> timedelta:
    """Read "90s", "10m", "1h30m", "7d". Raises ValueError with a sentence."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {_DURATIONS}")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError("this duration is too long") from None


def duration_text(length: timedelta) -> str:
    """Return a duration as it is written: "1d12h"; `duration` reads it."""
    seconds = length.total_seconds()
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        parts.append(f"{count:.0f}{unit}" if count else "")
    return "".join((*parts, f"{seconds:g}s" if seconds else "")) or "0s"


_DURATIONS = 'a duration such as "90s", "10m", "1h30m" or "7d"'
_DURATION = re.compile(r"(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def listening(text: str) -> tuple[str, int]:
    """Read host and port of "127.0.0.1:8570" or "[::1]:8570". Raises ValueError with a sentence."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError('expected an address and a port, such as "127.0.0.1:8570"')
    return host.strip("[]"), int(port)


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


def _hashtag(text: str, _: Path) -> str:
    """Return the word without its #. Raises ValueError for what no platform takes as one hashtag."""
    word = text.strip().removeprefix("#")
    if not re.fullmatch(r"\w*[^\W\d_]\w*", word):
        raise ValueError('a hashtag is one word of letters and digits, such as "ThisWeekInRust"')
    return word


def _pattern(text: str, _: Path) -> str:
    """A regular expression, as it was written."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"this regular expression does not work: {error}") from None
    return text


def _glob(text: str, _: Path) -> str:
    if text.startswith("/") or not all(part and part != ".." for part in text.split("/")):
        raise ValueError('expected a pattern of paths below the folder, such as "*-issue-*" or "**/index.md"')
    return text


def _amount(text: str, _: Path) -> Decimal:
    """Read "5.00". Raises ValueError for what is no amount of at most a million, in cents."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,2})?", text.strip()):
        raise ValueError(f"expected {_AMOUNTS}")
    return Decimal(text.strip())


_AMOUNTS = 'an amount in US dollars in quotes, such as "5.00"'

Amount = Annotated[Decimal, Reads(_AMOUNTS, _amount)]


def _page_pattern(text: str, _: Path) -> str:
    """Read the pattern of a page's address. Raises ValueError where it makes none."""
    try:
        made = page_address(
            text, site="https://example.org", date=date(2026, 11, 18), slug="a", file="b", number=1
        )
    except (LookupError, ValueError, AttributeError, TypeError):
        raise ValueError(f"{_PAGE}; write other braces twice: {{{{ }}}}") from None
    if not made.startswith(("https://", "http://")) or re.search(r"\s", made):
        raise ValueError(f"this makes no address; {_PAGE}")
    return text


_PAGE = "only {site}, {date:%Y/%m/%d}, {slug}, {file} and {number} are replaced"


def page_address(pattern: str, *, site: str, date: date, slug: str, file: str, number: int) -> str:
    """Return the address that a pattern makes. `file`: the file's name without its date and its ending."""
    return pattern.format(site=site.rstrip("/"), date=date, slug=slug, file=file, number=number)


@dataclass(frozen=True, slots=True)
class Template:
    """An account's own wording (compose/rendering.py says what it may use)."""

    text: str
    file: Path | None = None
    """Where it is, if not in the configuration itself."""
    place: str = "the template"
    """The line of the configuration that has or names it."""

    def at(self, line: int | None) -> str:
        """Return where one of its lines is, for people."""
        where = f"{self.place}, in {self.file}" if self.file else self.place
        return f"{where}, line {line}" if line and ("\n" in self.text or self.file) else where


def _template(text: str, folder: Path) -> Template:
    """Read a template, or the file that has it. Raises ValueError where there is no such file, or it is no template."""
    if "{" in text or "\n" in text:
        return _parsed(Template(text))
    file = _local_path(text, folder)
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_TEMPLATE + 1)
        if len(data) > _LARGEST_TEMPLATE:
            raise ValueError(f"{file} is larger than {_LARGEST_TEMPLATE // 1024} KiB and so no template")
        return _parsed(Template(data.decode(), file))
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read ({error.strerror}); expected {_TEMPLATES}") from None


def _parsed(template: Template) -> Template:
    """Return it when it can be read as one; whether its names exist, a first post will say (`crosspost check`)."""
    from jinja2 import Environment, TemplateSyntaxError

    try:
        Environment(autoescape=True).parse(template.text)
    except TemplateSyntaxError as error:
        where = f"{template.file}, line {error.lineno}" if template.file else f"line {error.lineno} of it"
        raise ValueError(f"{where}: {error.message}") from None
    return template


_TEMPLATES = "a text with {{ url }} in it, or the path of a file that has one"
_LARGEST_TEMPLATE = 64 * 1024
"""Bytes. The longest of the platforms' own has 3 kB."""

Duration = Annotated[timedelta, Reads(_DURATIONS, lambda text, _: duration(text))]
LocalPath = Annotated[Path, Reads("a path in quotes", _local_path)]
"""A path of this machine; a relative one starts at the configuration file's folder, `~` is the home."""
StoreUrl = Annotated[str, Reads("the address of a database in quotes", _store_url)]
Hashtag = Annotated[str, Reads("a hashtag in quotes", _hashtag)]
"""Without its #."""
Glob = Annotated[str, Reads("a pattern of paths in quotes", _glob)]
PagePattern = Annotated[str, Reads("the pattern of an address in quotes", _page_pattern)]
Pattern = Annotated[str, Reads("a regular expression in quotes", _pattern)]
Wording = Annotated[Template, Reads(_TEMPLATES, _template)]
"""A text is one that has a brace or several lines; anything else is a path."""
