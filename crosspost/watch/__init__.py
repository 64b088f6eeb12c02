"""Where issues come from, and what is new there.

sources.py    what a source is; git.py, directory.py and feed.py are the three kinds
watch.py      one look at every source, by changes.py: which issues are new, changed or gone
problems.py   what does not work, one source, file or issue at a time
lease.py      which of several machines looks
page.py       is the issue's page published?
gate.py       may it be announced now?
channels.py   does the issue appear where others put it?
replay.py     what would have been announced when, from a repository's history
"""
