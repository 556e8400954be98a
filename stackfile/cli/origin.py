"""Who runs this, from which version of the folder, and in which job: what a lock and a state record of an apply."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from stackfile.state.format import Origin
from stackfile.state.store import Holder

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_run(now: datetime) -> str:
    """`20261121T031204Z-7k2`: sorts by time, and is short enough to say."""
    return f"{now:%Y%m%dT%H%M%SZ}-{''.join(secrets.choice(_LETTERS) for _ in range(3))}"


def who() -> str:
    """The user's name, or `ci` in a job."""
    if os.environ.get("CI"):
        return "ci"
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def run_url(environ: Mapping[str, str]) -> str:
    """The page of the CI job: STACK_RUN_URL, or what GitHub and GitLab say."""
    if environ.get("STACK_RUN_URL"):
        return environ["STACK_RUN_URL"]
    if environ.get("GITHUB_RUN_ID") and environ.get("GITHUB_SERVER_URL"):
        return (
            f"{environ['GITHUB_SERVER_URL']}/{environ.get('GITHUB_REPOSITORY')}/actions/runs/{environ['GITHUB_RUN_ID']}"
        )
    return environ.get("CI_JOB_URL", "")


def holder(command: str, run: str) -> Holder:
    return Holder(who(), command, run, run_url(os.environ), socket.gethostname(), os.getpid())


def commit_of(folder: Path) -> str:
    """The commit that a folder is at; empty where there is none."""
    return _git(folder, "rev-parse", "HEAD")


def origin(folder: Path, now: datetime) -> Origin:
    """The git commit of a folder, where it is in a work tree and git is there; empty otherwise."""
    commit = commit_of(folder)
    if not commit:
        return Origin(by=who(), run_url=run_url(os.environ), at=now)
    return Origin(
        by=who(),
        commit=commit,
        dirty=bool(_git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")),
        branch=_git(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        run_url=run_url(os.environ),
        at=now,
    )


def behind(folder: Path, commit: str) -> int | None:
    """How many commits the folder is behind a commit of which its own is an ancestor; 0 where it is not. None where
    nobody can tell: no git, or it does not know both commits, as in a shallow clone."""
    if not commit or not _git(folder, "cat-file", "-t", commit):
        return None
    return int(_git(folder, "rev-list", "--count", f"HEAD..{commit}") or 0) if _is_older(folder, commit) else 0


def _is_older(folder: Path, commit: str) -> bool:
    head = _git(folder, "rev-parse", "HEAD")
    return head not in ("", commit) and _git(folder, "merge-base", "HEAD", commit) == head


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
