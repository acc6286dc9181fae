"""Whether what a merge brought belongs to the tasks that its message names. Pure.

The message of a merge may name a task because that task's branch was merged, or because something
was merged into it. In the second case the commits that came in are those of others.
"""

from __future__ import annotations

import re

LONG_LIVED = re.compile(
    r"(?:.*/)?(?:main|master|trunk|dev|develop|development|staging|production|HEAD)", re.IGNORECASE
)
"""Branches that belong to no task."""
BRANCH = r"(?:'[^'\n]+'|\"[^\"\n]+\"|`[^`\n]+`|[^\s'\"`]+)"
GIT_MERGE = re.compile(
    r"\bmerge[ds]?\s+(?:(?:remote-tracking\s+)?branch(?:es)?|tag|commit)\s+"
    rf"(?P<merged>{BRANCH}(?:(?:,\s*|\s+and\s+){BRANCH})*)"
    rf"(?:\s+of\s+\S+)?(?:\s+(?:in)?to\s+(?P<target>{BRANCH}))?",
    re.IGNORECASE,
)
"""What git and GitLab write: Merge branch 'topic' of example.com:shop/orders into main."""
REQUEST = re.compile(
    r"\bmerge pull request #\d+|\bmerged in \S+ \(pull request #\d+\)|\bmerged pr \d+:"
    r"|\(pull request #\d+\)|\([#!]\d+\)|\bsee merge request \S*!\d+",
    re.IGNORECASE,
)
"""What GitHub, Bitbucket, Azure DevOps and GitLab write when a request is merged."""
PLAIN_MERGE = re.compile(
    rf"^\W*(?:merge pull request #\d+ from|merge[ds]?)\s+(?P<merged>{BRANCH})"
    rf"(?:\s+(?:in)?to\s+(?P<target>{BRANCH}))?",
    re.IGNORECASE,
)
"""What GitHub writes, or a person: Merge topic into main."""


def brings_work_of(message: str, reference: str) -> bool:
    """Return whether a merge with this message brought commits of a task that it names.

    So it is if the task's branch or pull request was merged. It is not if a long-lived branch was
    merged, or if the target names the task, or if nothing says what was merged.
    """
    subject, _, _ = message.partition("\n")
    merge = GIT_MERGE.search(subject) or PLAIN_MERGE.search(subject)
    if merge is None:
        return REQUEST.search(message) is not None
    branches = [name.strip("'\"`,;:.") for name in re.findall(BRANCH, merge["merged"])]
    if all(LONG_LIVED.fullmatch(name) for name in branches if name != "and"):
        return False
    return not _contains(merge["target"] or "", reference)


def _contains(text: str, reference: str) -> bool:
    pattern = rf"(?<![a-z0-9]){re.escape(reference)}(?![a-z0-9])"
    return re.search(pattern, text, re.IGNORECASE) is not None
