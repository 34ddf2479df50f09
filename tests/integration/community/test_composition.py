"""Deployments without one of the plugins: the rest starts and works, and those who need it are named."""

from collections.abc import Iterator

import pytest

from diramoja.core.errors import PluginError
from diramoja.core.host import assemble, discover
from diramoja_community.deployment import DEFAULT_PORTS, NEEDS
from tests.support.community import Community, community, until

BUILT_IN = {name: each.value for name, each in discover().plugins.items() if each.home.startswith("diramoja.plugins.")}


def dependants(name: str) -> set[str]:
    """Who cannot be there without it, directly or by others."""
    direct = {other for other, plugin in BUILT_IN.items() if name in plugin.uses}
    return direct.union(*map(dependants, direct))


@pytest.mark.parametrize("name", [name for name in sorted(BUILT_IN) if dependants(name)])
def test_what_others_need_is_not_left_out_and_one_of_them_is_named(name: str) -> None:
    rest = sorted(set(BUILT_IN) - {name})
    with pytest.raises(PluginError, match=f"uses {name}, which is not there") as refused:
        assemble(discover(), plugins=rest, ports=DEFAULT_PORTS, needs=NEEDS)
    assert any(f"Plugin {each} " in str(refused.value) for each in dependants(name))


@pytest.fixture(params=sorted(BUILT_IN), scope="module")
def without(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, set[str], Community]]:
    name: str = request.param
    rest = set(BUILT_IN) - {name} - dependants(name)
    if not rest:
        pytest.skip(f"nothing is left without {name}")
    option = f"deployment.plugins={','.join(sorted(rest))}"
    with community(tmp_path_factory.mktemp(f"without_{name}"), option) as made:
        yield name, rest, made


def test_the_rest_starts_and_shows_only_what_it_has(without: tuple[str, set[str], Community]) -> None:
    _, rest, platform = without
    assert platform.http.get("/readyz").json()["status"] == "ready"
    paths = set(platform.http.get("/schema/openapi.json").json()["paths"])
    assert ("/v1/topics" in paths) == ("topic" in rest)
    assert ("/v1/search" in paths) == ("search" in rest)


def test_people_talk_all_the_same(without: tuple[str, set[str], Community]) -> None:
    name, rest, platform = without
    if not {"identity", "topic"} <= rest:
        pytest.skip(f"nobody signs in or talks without {name}")
    author, other = platform.join(), platform.join()
    topic = author.open_topic()
    post = author.write(topic, "The clinic at the market closes at noon.")
    answer = other.write(topic, "Noon is too early for those who work.", reply_to=post)
    assert other.call("PUT", f"/v1/posts/{post}/reactions/like").status_code == 204
    until(lambda: other.get(f"/v1/posts/{post}").json()["reply_count"] == 1)
    assert author.get(f"/v1/posts/{answer}").json()["status"] == "published"
    report = other.post(f"/v1/posts/{post}/reports", {"reason": "spam"})
    assert report.status_code == (201 if "moderator" in rest else 404), report.text
    assert "moderator" in rest or report.json()["code"] == "moderation_missing"


def test_nothing_of_it_became_a_dead_letter(without: tuple[str, set[str], Community]) -> None:
    listed = without[2].command("dead-letters", "list")
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) <= 1, listed.stdout  # the heads of the columns
