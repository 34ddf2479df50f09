"""Walls, privacy, consents, history, bodies and scores over HTTP, on the real servers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.community import Community, Person, community, until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("members")) as made:
        yield made


@pytest.fixture(scope="module")
def officer(platform: Community) -> Person:
    return platform.promote(platform.administrator(), platform.join("officer_1"), "membership_officer")


def does(who: Person, verb: str, what: str, whom: Person) -> httpx.Response:
    answer = who.call(verb, f"/v1/members/{whom.id}/{what}")
    assert answer.status_code == 204, answer.text
    return answer


def walls(who: Person) -> list[tuple[str, bool, bool]]:
    items = who.get("/v1/me/walls").json()["items"]
    return [(each["member_id"], each["block"], each["mute"]) for each in items]


def test_whom_a_block_parts_is_not_there_for_the_other(platform: Community) -> None:
    amina, baraka, chege = (platform.join() for _ in range(3))
    for who, whom in ((amina, baraka), (baraka, amina), (baraka, chege)):
        does(who, "PUT", "follow", whom)
    assert baraka.get("/v1/me/network").json()["follower_count"] == 1
    for _ in range(2):
        does(amina, "PUT", "block", baraka)
    missing = baraka.get("/v1/members/mem_nobody").json()
    for who, whom in ((amina, baraka), (baraka, amina)):
        seen = until(lambda who=who, whom=whom: _missing(who, whom))  # type: ignore[misc]  # bound per turn
        assert seen["code"] == missing["code"] == "member_missing"
        assert seen["detail"] == missing["detail"].replace("mem_nobody", whom.id)
        assert who.call("PUT", f"/v1/members/{whom.id}/follow").status_code == 404
        assert whom.id not in who.get("/v1/me/following").text + who.get("/v1/me/network").text
    assert [baraka.get("/v1/me/network").json()[name] for name in ("following_count", "follower_count")] == [1, 0]
    assert (walls(amina), walls(baraka)) == ([(baraka.id, True, False)], [])
    does(baraka, "PUT", "block", amina)  # Who does not see somebody can still block them.
    does(amina, "DELETE", "block", baraka)
    assert amina.get(f"/v1/members/{baraka.id}").status_code == 404
    does(baraka, "DELETE", "block", amina)
    until(lambda: amina.get(f"/v1/members/{baraka.id}").status_code == 200)
    assert amina.call("PUT", "/v1/members/mem_nobody/block").json()["code"] == "member_missing"


def test_a_wall_is_heard_of_by_whoever_put_it_up_alone(platform: Community) -> None:
    amina, baraka = platform.join(), platform.join()
    does(amina, "PUT", "block", baraka)

    def heard(who: Person) -> list[str]:
        answer = who.get("/v1/live/poll?channels=member:me&after=0&wait=0")
        assert answer.status_code == 200, answer.text
        return [event["name"] for event in answer.json()["events"]]

    until(lambda: heard(amina) == ["member.wall.changed"])
    assert heard(baraka) == []


def _missing(who: Person, whom: Person) -> Any:
    answer = who.get(f"/v1/members/{whom.id}")
    return answer.json() if answer.status_code == 404 else None


def test_a_mute_hides_nothing_and_is_listed_for_its_owner(platform: Community) -> None:
    amina, baraka, chege = (platform.join() for _ in range(3))
    does(amina, "PUT", "mute", baraka)
    does(amina, "PUT", "mute", chege)
    does(amina, "PUT", "block", chege)
    assert sorted(walls(amina)) == sorted([(baraka.id, False, True), (chege.id, True, True)])
    first = amina.get("/v1/me/walls?limit=1").json()
    rest = amina.get("/v1/me/walls", params={"cursor": first["next_cursor"]}).json()
    assert len(first["items"] + rest["items"]) == 2 and rest["next_cursor"] is None
    assert baraka.get(f"/v1/members/{amina.id}").status_code == amina.get(f"/v1/members/{baraka.id}").status_code == 200


def test_each_part_of_a_profile_is_shown_to_whom_its_member_says(platform: Community, officer: Person) -> None:
    amina, baraka = platform.join(), platform.join()
    amina.call("PATCH", "/v1/me", {"region": "north", "interests": ["economy"]})

    def seen() -> list[set[str]]:
        parts = {"region", "interests", "contributions", "activity"}
        path = f"/v1/members/{amina.id}"
        answers = (platform.http.get(path), baraka.get(path), officer.get(path), amina.get("/v1/me"))
        return [parts & set(answer.json()) for answer in answers]

    shared = {"region", "interests", "contributions"}
    assert seen() == [{"contributions"}, shared, shared, shared | {"activity"}]
    everything = dict.fromkeys((*shared, "activity"), "everyone")
    assert amina.call("PATCH", "/v1/me", {"privacy": everything}).status_code == 200
    assert seen() == [shared | {"activity"}] * 4
    assert amina.call("PATCH", "/v1/me", {"privacy": dict.fromkeys(everything, "nobody")}).status_code == 200
    assert seen() == [set(), set(), {"region"}, shared | {"activity"}]
    for wrong in ({"privacy": {"email": "nobody"}}, {"privacy": {"region": "friends"}}, {"region": "atlantis"}):
        assert amina.call("PATCH", "/v1/me", wrong).status_code == 400


def test_consents_are_given_with_a_time_and_withdrawn(platform: Community) -> None:
    amina = platform.join()
    nothing = {"is_given": False, "at": None}
    assert amina.get("/v1/me/consents").json() == dict.fromkeys(("campaign", "connect", "leaderboard"), nothing)
    given = amina.call("PUT", "/v1/me/consents", {"campaign": True}).json()
    assert given["campaign"]["is_given"] and given["campaign"]["at"] and given["connect"] == nothing
    assert amina.get("/v1/me/consents").json() == given
    amina.call("PUT", "/v1/me/consents", {"campaign": False})
    assert not amina.get("/v1/me/consents").json()["campaign"]["is_given"]
    assert amina.call("PUT", "/v1/me/consents", {"sentiment": True}).status_code == 400


def test_what_officers_set_is_kept_and_the_member_reads_why(platform: Community, officer: Person) -> None:
    amina = platform.join()
    path = f"/v1/members/{amina.id}/membership"
    for body in ({"level": "member", "reason": "Dues."}, {"verified": True, "reason": "Papers."}):
        assert officer.call("PATCH", path, body).status_code == 200
    own, theirs = (who.get(f"{path}/history").json()["items"] for who in (amina, officer))
    assert [each["reason"] for each in own] == ["Papers.", "Dues."]
    assert [each["by"] for each in theirs] == [officer.id] * 2 and "by" not in own[0]
    assert (own[0]["level"], own[0]["verified"], own[1]["verified"]) == ("member", True, False)
    first = officer.get(f"{path}/history?limit=1").json()
    rest = officer.get(f"{path}/history", params={"cursor": first["next_cursor"]}).json()
    assert first["items"] + rest["items"] == theirs
    assert amina.get("/v1/me").json()["verified"]


def test_bodies_are_a_tree_and_know_who_is_in_them(platform: Community, officer: Person) -> None:
    amina = platform.join()
    board = officer.post("/v1/bodies", {"name": "Board", "region": "north"}).json()
    branch = officer.post("/v1/bodies", {"name": "A branch", "parent_id": board["id"]})
    assert (branch.status_code, branch.json()["parent_id"]) == (201, board["id"])
    assert officer.post("/v1/bodies", {"name": "None", "parent_id": "bod_nobody"}).json()["code"] == "body_missing"
    assert officer.post("/v1/bodies", {"name": "None", "region": "atlantis"}).json()["code"] == "region_unknown"
    seat = f"/v1/bodies/{board['id']}/members/{amina.id}"
    for role in ("member", "chair"):
        assert officer.call("PUT", seat, {"role": role}).status_code == 204
    chair = [{"body_id": board["id"], "role": "chair"}]
    until(lambda: amina.get("/v1/me").json()["bodies"] == chair)
    assert officer.get(f"/v1/members/{amina.id}").json()["bodies"] == chair
    assert "bodies" not in platform.join().get(f"/v1/members/{amina.id}").json()
    listed = amina.get("/v1/bodies").json()["items"]
    assert [(each["name"], each["member_count"]) for each in listed] == [("A branch", 0), ("Board", 1)]
    [one] = officer.get(f"/v1/bodies/{board['id']}/members").json()["items"]
    assert (one["member_id"], one["username"], one["role"]) == (amina.id, amina.username, "chair")
    assert officer.call("DELETE", seat).status_code == 204
    until(lambda: amina.get("/v1/me").json()["bodies"] == [])
    assert (
        officer.call("PUT", f"/v1/bodies/bod_x/members/{amina.id}", {"role": "chair"}).json()["code"] == "body_missing"
    )


def test_regions_are_a_tree_for_everybody(platform: Community) -> None:
    items = {each["id"]: each for each in platform.http.get("/v1/regions").json()["items"]}
    assert items["centre"]["children"] == [{"id": "nairobi", "name": "Nairobi", "children": []}]


def test_scores_are_shown_to_oneself_with_what_they_come_from(platform: Community) -> None:
    amina = platform.join()
    fresh = amina.get("/v1/me/engagement").json()
    assert (fresh["score"], fresh["target"], fresh["report_weight"]) == (0, 0, 0.1)
    assert fresh["reputation"] == {"score": 50, "good": 0.0, "bad": 0.0}
    amina.write(amina.open_topic(), "The clinic closes at noon.")
    scores = until(lambda: (now := amina.get("/v1/me/engagement").json())["target"] and now)
    assert next((each["name"], each["value"]) for each in scores["components"]) == ("posts", 12)
    assert amina.call("PUT", "/v1/me/promotion").json()["code"] == "promotion_missing"
    assert amina.get("/v1/me").json()["contributions"] == {"posts": 1, "comments": 0, "votes": 0, "events": 0}
