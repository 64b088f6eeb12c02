"""Exactly once: from a planned row to a post that is certainly on its platform. The only caller of platforms.

    account.py        an account: how to connect, and what may be done there
    timing.py         when to try and when to look again
    claim.py          the one write of an attempt, and the check of its claim right before
    spending.py       what an account's platform charges, held to its budget
    look.py           an account's connection, and the look for a post on it
    step.py           one step of one row: look, claim, send, settle
    transitions.py    the transitions that the steps share
    change.py         a request for a post that is out: delete or edit it
    shadow.py         rehearsed rows, and what people posted in their place
    workers.py        all rows that are due now, one thread for each account
    account_cache.py  an account's limits and notes, kept from one connection to the next
    address.py        the address that a person gives for a post
    manual.py         a post for an editor to make by hand
    overrides.py      what a person may do to a delivery: record, retry, skip, retract, amend

Nothing is sent unless a look just before found nothing, a claim is committed, and the claim still holds when
the request leaves. What may have arrived is looked for before it is sent again. Late beats twice.
"""
