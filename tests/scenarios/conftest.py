"""What every story stands on: the operator, on a database whose commits are real, with a frozen clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CommittedDatabase
from tests.scenarios.world import World, post_office, rome
from utenza.infra import clock
from utenza.web import rail

FOUNDED = rome("2026-01-12 08:30")


@pytest.fixture
def world(committed_db: CommittedDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give the story an operator that was founded on Monday, 12 January 2026, at half past eight."""
    rail.forget_counts()
    with post_office() as (post, url):
        monkeypatch.setenv("UTENZA_SMTP_URL", url)
        made = World(post=post)
        made.found(at=FOUNDED)
        try:
            yield made
        finally:
            clock.set_clock(None)
