"""A short run on a platform of its own, with two kills of its agents."""

from pathlib import Path

from tests.histories.run import Run, play


async def test_what_people_saw_is_explained_by_one_order(tmp_path: Path, anyio_backend: str) -> None:
    summary = await play(Run(seed=1, seconds=9, people=8, kill_every_s=4), tmp_path)
    assert not summary.found
    assert summary.figures["kills of the agents"] >= 1
    assert summary.figures["posts"] > 20 and summary.figures["read"] > 50 and summary.figures["live events"] > 60
