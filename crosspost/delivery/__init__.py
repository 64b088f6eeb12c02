"""Exactly once: from a planned row to a post that is certainly there. The only caller of platforms.

    account.py      an account: how to reach it, and what may be done there
    timing.py       when to try and when to look again
    claim.py        the one write of an attempt, and the check of its claim at the last moment before
    spending.py     what an account's platform charges, held to its budget
    look.py         an account's connection, and the look for a post on it
    step.py         one row one step further: look, claim, send, settle
    transitions.py  the transitions that the steps share, each written down with its reason
    change.py       a post that is out: deleted or edited, as a person asks
    shadow.py       what is only rehearsed, and what people posted in its place
    workers.py      everything that is due now, one thread for each account
    remembered.py   what is remembered of an account between two connections
    address.py      the address that a person gives for a post
    by_hand.py      what an editor needs to post one by hand
    overrides.py    what a person may say about a delivery: record, retry, skip, retract, amend

Nothing is sent unless a look just before found nothing, a claim is committed, and it still holds at the
last moment before the request leaves. What may have arrived is looked for, never sent again unlooked.
Late beats twice.
"""
