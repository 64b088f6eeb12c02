"""Read issues from their sources, find out which are new, and decide whether they may be announced.

sources.py     what a source is; git.py, directory.py and feed.py are the three kinds
watch.py       one poll of all sources: which issues are new, changed or gone; changes.py: which files of one source
problems.py    what does not work, for one source, file or issue at a time
lease.py       which of several machines polls
gate.py        whether an issue may be announced now; page.py: whether its page is live
channels.py    whether an issue appears in channels that others fill
replay.py      what would have been announced when, from a repository's history
html.py        HTML as Markdown
_download.py   bounded HTTP requests
_git.py        git as a child process; _access.py: its credentials
"""
