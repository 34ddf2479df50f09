"""Who is restricted or suspended: what the gateway leaves open to them, without a member plugin in sight."""

from pathlib import Path
from typing import Literal

import attrs
import pytest
from litestar import Controller, delete, get, put

from diramoja.core import Reader
from diramoja.core.errors import PluginError
from diramoja.core.ports.database import Database
from tests.support.gateway import gateway_client
from tests.unit.community.test_gateway import plugin

WORDS: dict[str, Literal["", "restricted", "suspended"]] = {"mem_r": "restricted", "mem_s": "suspended"}


class Things(Controller):
    path = "/things"

    @get("/", permission="talk.read")
    async def read(self) -> None: ...

    @put("/words", permission="talk.rate")
    async def words(self) -> None: ...

    @put("/likes", permission="talk.rate", open_to="restricted")
    async def likes(self) -> None: ...

    @delete("/own", permission="talk.read", open_to="suspended")
    async def own(self, reader: Reader) -> None: ...


class Open(Controller):
    path = "/open"

    @put("/", permission="talk.read", open_to="everybody")
    async def words(self) -> None: ...


async def conduct(db: Database, member: str) -> Literal["", "restricted", "suspended"]:
    return WORDS.get(member, "")


@pytest.mark.parametrize(
    ("member", "passes"),
    [("mem_a", (1, 1, 1, 1)), ("mem_r", (1, 0, 1, 1)), ("mem_s", (1, 0, 0, 1))],
)
def test_a_write_is_closed_unless_it_says_to_whom_it_is_left(
    tmp_path: Path, member: str, passes: tuple[int, ...]
) -> None:
    with gateway_client(tmp_path, [attrs.evolve(plugin, routes=[Things], conduct=conduct)]) as (client, process):
        headers = process.signed_in(member)
        routes = (("GET", ""), ("PUT", "/words"), ("PUT", "/likes"), ("DELETE", "/own"))
        answers = [client.request(method, f"/v1/things{path}", headers=headers) for method, path in routes]
        assert tuple(int(each.is_success) for each in answers) == passes, [each.text for each in answers]
        assert {each.json()["code"] for each in answers if not each.is_success} <= {WORDS.get(member, "")}


def test_a_route_open_to_unknown_ones_is_refused_at_start(tmp_path: Path) -> None:
    broken = attrs.evolve(plugin, routes=[Open])
    with pytest.raises(PluginError, match="open to the unknown everybody"), gateway_client(tmp_path, [broken]):
        pass
