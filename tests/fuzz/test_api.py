"""A short run of the API's fuzzer; longer ones with `python -m tests.fuzz.api`."""

from pathlib import Path

from tests.fuzz.api import Run, write_people
from tests.fuzz.world import ROLES, world


def test_no_route_answers_what_its_description_does_not_say(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        write_people(made, tmp_path)
        run = Run.start(made, "moderator", cases=0, seed=5, folder=tmp_path / "fuzz")
        run.process.wait(600)
        outcome = run.stop()
    assert not outcome.failed, outcome.found or outcome.report
    assert outcome.counts.keys() == {*ROLES}
