"""The address of a status, from all forms in which people have it (docs.joinmastodon.org, and its routes.rb, 2026-11).

A reader on another server has that server's address of it, `https://OTHER/@NAME@INSTANCE/ID`, with an id of its own:
only OTHER knows which status that is, and sends people who are not signed in there to the original.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from crosspost.platforms._address import Kept, plain, split
from crosspost.platforms._matching import host_of, is_loopback
from crosspost.platforms.mastodon.settings import Settings

_ID = r"(?P<id>[0-9A-Za-z]{1,30})"
_OWN = re.compile(
    rf"(?:/web|/deck)?(?P<who>/@\w+|/users/\w+(?=/statuses))(?:@(?P<place>[\w.:-]+))?(?P<statuses>/statuses)?/{_ID}/?"
)
_BY_ID = re.compile(rf"/(?:web/|deck/)?statuses/{_ID}/?")


def kept(url: str, settings: Settings) -> Kept:
    """Return `https://INSTANCE/@NAME/ID` (GoToSocial: `/@NAME/statuses/ID`).

    An address without the account's name, or on another server, has to be asked where it leads.
    """
    parts = split(url)
    if parts is None:
        return plain(url)
    host, home = host_of(parts.geturl()), host_of(settings.api_base_url)
    path = unquote(parts.path)
    here = host == home or is_loopback(settings.api_base_url)
    root = f"{parts.scheme if is_loopback(parts.geturl()) else 'https'}://{host}"
    if (found := _OWN.fullmatch(path)) and (found["place"] or host).lower() == host:
        return Kept(f"{root}{found['who']}{found['statuses'] or ''}/{found['id']}")
    if found and found["place"].lower() == home:
        return Kept(f"{root}{path}", ask=f"{root}{path}")
    if here and (found := _BY_ID.fullmatch(path)):
        address = f"{root}/web/statuses/{found['id']}"
        return Kept(address, ask=address)
    return plain(url)
