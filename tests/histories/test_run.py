"""A short run on a platform of its own, with kills of its agents and faults of its network."""

from pathlib import Path

from tests.histories.run import Run, play


async def test_what_people_saw_is_explained_by_one_order(tmp_path: Path, anyio_backend: str) -> None:
    summary = await play(Run(seed=1, seconds=12, people=8, kill_every_s=6, trouble_every_s=2), tmp_path)
    assert not summary.found
    assert summary.figures["kills of the agents"] >= 1 and summary.figures["faults of the network"] >= 2
    assert summary.figures["posts"] > 5 and summary.figures["read"] > 20 and summary.figures["live events"] > 10
