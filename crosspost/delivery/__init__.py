"""Exactly once: from a planned row to a post that is certainly there. The only caller of platforms.

    patience.py   when to try and when to look again; pure
    guard.py      the last word before a post leaves
    circuit.py    an account without credit is left alone
    asked.py      a platform that asks for more time than there is
    courier.py    one row one step further: look, claim, send, settle
    lanes.py      everything that is due now, one thread for each account
    word.py       what a person may say about a delivery: record, retry, skip

Nothing is sent unless a look just before found nothing, a claim is committed, and it still holds at the
last moment before the request leaves. What may have arrived is looked for, never sent again unlooked.
Late beats twice.
"""

from __future__ import annotations

from crosspost.delivery.account import Account
from crosspost.delivery.asked import too_late
from crosspost.delivery.lanes import deliver, longest_run
from crosspost.delivery.patience import backoff
from crosspost.delivery.word import record, retry, skip
from crosspost.store import key_for

__all__ = [
    "Account",
    "backoff",
    "deliver",
    "key_for",
    "longest_run",
    "record",
    "retry",
    "skip",
    "too_late",
]
