"""What an option of the configuration file becomes, by the type that its dataclass declares.

By hand and not by pydantic: there are ten types, the sentences are ours in any case, and importing pydantic takes
six times as long as starting Python, which every `crosspost preview` would pay (measured 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from crosspost.credentials import Secret
from crosspost.tomlfile import Place

Problem = tuple[Place, str]
"""Where, and a sentence."""


class WrongOptionError(ValueError):
    """What is wrong with an option, and where in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(sentence for _, sentence in self.problems))


@dataclass(frozen=True, slots=True)
class Reads:
    """How a type of ours is read from a text; `read` gets the configuration's folder, too."""

    wanted: str
    read: Callable[[str, Path], Any]


def duration(text: str) -> timedelta:
    """Read "90s", "10m", "1h30m", "7d". Raises ValueError with a sentence."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{_DURATIONS} is wanted")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError("this duration is longer than anybody will wait") from None


_DURATIONS = 'a duration such as "90s", "10m", "1h30m" or "7d"'
_DURATION = re.compile(r"(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def _local_path(text: str, folder: Path) -> Path:
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise ValueError("there is no such user's home; write the path in full") from None


def _store_url(text: str, folder: Path) -> str:
    """A database of this program; the file of a relative SQLite address starts at `folder`."""
    scheme, separator, rest = text.partition("://")
    if not separator or not re.fullmatch(r"(sqlite|postgresql)(\+\w+)?", scheme):
        raise ValueError('a database is wanted: "sqlite:////path/to/file.db" or "postgresql+psycopg://…"')
    if not scheme.startswith("sqlite"):
        return text
    if not rest.startswith("/") or rest == "/":
        raise ValueError("a file is wanted: sqlite:// and three slashes, then the path (so four for /var/…)")
    return text if rest == "/:memory:" else f"{scheme}:///{_local_path(rest[1:], folder)}"


Duration = Annotated[timedelta, Reads(_DURATIONS, lambda text, _: duration(text))]
LocalPath = Annotated[Path, Reads("a path in quotes", _local_path)]
"""A path of this machine; a relative one starts at the configuration file's folder, `~` is the home."""
StoreUrl = Annotated[str, Reads("the address of a database in quotes", _store_url)]


_PLAIN = {
    str: "a text in quotes",
    int: "a whole number without quotes",
    float: "a number without quotes",
    bool: "true or false, without quotes,",
}
_CALLED = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


def read(declared: Any, value: object, folder: Path) -> Any:
    """The option's value as its declared type; nothing is converted that was not written so.

    Raises WrongOptionError with every problem; a value is repeated only where the choices are few and known.
    """
    origin, parts = get_origin(declared), get_args(declared)
    if origin in (Union, UnionType):
        (declared,) = (part for part in parts if part is not NoneType)
        return read(declared, value, folder)
    if origin is tuple:
        return _read_list(parts[0], value, folder)
    try:
        if origin is Annotated:
            return _read_ours(parts[1], value, folder)
        if origin is Literal:
            return _read_choice(parts, value)
        return Secret.named(value, folder) if declared is Secret else _read_plain(declared, value)
    except ValueError as error:
        raise WrongOptionError([((), str(error))]) from None


def _read_list(declared: Any, value: object, folder: Path) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WrongOptionError([((), f"a list in [brackets] is wanted, not {_called(value)}")])
    found, problems = [], list[Problem]()
    for index, item in enumerate(value):
        try:
            found.append(read(declared, item, folder))
        except WrongOptionError as error:
            problems.extend(((index, *place), sentence) for place, sentence in error.problems)
    if problems:
        raise WrongOptionError(problems)
    return tuple(found)


def _read_ours(how: Reads, value: object, folder: Path) -> Any:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{how.wanted} is wanted")
    return how.read(value, folder)


def _read_choice(choices: tuple[str, ...], value: object) -> str:
    if value in choices:
        return str(value)
    close = get_close_matches(str(value), choices, n=1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    raise ValueError(f'"{str(value)[:20]}" is not one of: {", ".join(choices)}{hint}')


def _read_plain(declared: type, value: object) -> object:
    # By type and not by isinstance: to Python, true is a whole number.
    if type(value) is declared:
        return value
    if declared is float and type(value) is int:
        return float(value)
    raise ValueError(f"{_PLAIN[declared]} is wanted, not {_called(value)}")


def _called(value: object) -> str:
    return _CALLED.get(type(value), "a table" if isinstance(value, Mapping) else "a date")
