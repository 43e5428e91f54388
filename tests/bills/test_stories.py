"""Bills that an accountant can check: a story in, the bills as text out.

`python -m tests.bills.test_stories` writes what the stories give now; read every line of the difference before it is
committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from utenza.billing.story import bills_of_story

STORIES = sorted(Path(__file__).parent.glob("stories/*.yaml"))


def bills_of(path: Path) -> str:
    return bills_of_story(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_gives_its_bills(path: Path) -> None:
    assert bills_of(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_is_a_bill_for_every_story_and_no_other() -> None:
    assert {path.stem for path in STORIES} == {path.stem for path in STORIES[0].parent.glob("*.txt")}


if __name__ == "__main__":
    for story in STORIES:
        story.with_suffix(".txt").write_text(bills_of(story), encoding="utf-8")
        sys.stdout.write(f"# {story.stem}\n{bills_of(story)}\n")
