"""Accounts and members over HTTP and the command line, on the real servers. More in tests/integration/attacks."""

from collections.abc import Iterator

import pytest

from diramoja.core.gateway import PageQuery
from diramoja.core.tokens import Tokens
from tests.support.community import PASSWORD, Community, Person, community, until

APPLICANT = {
    "username": "Amina",
    "email": "Amina@People.example.org",
    "password": PASSWORD,
    "interests": ["healthcare"],
    "region": "north",
    "age_group": "25_34",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with community(tmp_path_factory.mktemp("identity"), "identity.reuse_grace_s=0") as made:
        yield made


@pytest.fixture(scope="module")
def admin(platform: Community) -> Person:
    return platform.administrator()


@pytest.fixture(scope="module")
def officer(platform: Community, admin: Person) -> Person:
    return platform.promote(admin, platform.join("officer_1"), "membership_officer")


def roles(platform: Community, person: Person) -> frozenset[str]:
    """Those of the access token that a sign-in gives now."""
    secret = (platform.data / "secrets" / "access_token.key").read_bytes()
    return Tokens(secret).read_access(platform.sign_in(person.username).token).roles


def test_joining_answers_the_member_and_a_retry_the_same(platform: Community) -> None:
    key = {"idempotency-key": "joining"}
    first = platform.http.post("/v1/members", json=APPLICANT, headers=key)
    again = platform.http.post("/v1/members", json=APPLICANT, headers=key)
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    member = first.json()
    assert (member["username"], member["membership_level"], member["standing"]) == ("amina", "supporter", "good")
    assert "people.example.org" not in first.text.casefold()
    tokens = platform.http.post(
        "/v1/auth/login", json={"email": "AMINA@people.example.org", "password": PASSWORD}
    ).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3_600)
    own = {"authorization": f"Bearer {tokens['access_token']}"}
    assert platform.http.get("/v1/me", headers=own).json() == member
    account = platform.http.get("/v1/me/account", headers=own).json()
    assert (account["email"], account["roles"]) == ("amina@people.example.org", ["guest", "supporter"])


def test_others_see_no_email_standing_or_age(platform: Community) -> None:
    known, other = platform.join(), platform.join()
    known.call("PATCH", "/v1/me", {"age_group": "50_64", "region": "south"})
    assert known.get("/v1/me").json()["age_group"] == "50_64"
    for seen in (other.get(f"/v1/members/{known.id}"), platform.http.get(f"/v1/members/{known.id}")):
        assert not {"email", "standing", "age_group"} & set(seen.json())
    assert other.get(f"/v1/members/{known.id}").json()["region"] == "south"
    assert "region" not in platform.http.get(f"/v1/members/{known.id}").json()


def test_a_region_that_the_deployment_has_not_is_refused_before_anything_is_taken(platform: Community) -> None:
    applicant = {"username": "juma", "email": "juma@people.example.org", "password": PASSWORD}
    refused = platform.http.post("/v1/members", json=applicant | {"region": "atlantis"})
    assert (refused.status_code, refused.json()["code"]) == (400, "region_unknown")
    assert platform.http.post("/v1/members", json=applicant | {"region": "nairobi"}).status_code == 201


def test_officer_sees_and_sets_the_standing(platform: Community, admin: Person, officer: Person) -> None:
    person = platform.join()
    body = {"standing": "arrears", "reason": "dues of May"}
    for who in (person, admin):
        assert who.call("PATCH", f"/v1/members/{person.id}/membership", body).status_code == 403
    assert officer.call("PATCH", f"/v1/members/{person.id}/membership", body).json()["standing"] == "arrears"
    assert officer.get(f"/v1/members/{person.id}").json()["standing"] == "arrears"
    assert "standing" not in admin.get(f"/v1/members/{person.id}").json()
    assert person.get("/v1/me").json()["standing"] == "arrears"


def test_refresh_token_used_again_ends_the_session(platform: Community) -> None:
    person = platform.join()

    def refresh(token: str) -> tuple[int, str]:
        answer = platform.http.post("/v1/auth/refresh", json={"refresh_token": token})
        return answer.status_code, answer.json().get("code") or answer.json()["refresh_token"]

    status, renewed = refresh(person.refresh_token)
    assert status == 200
    assert refresh(person.refresh_token) == (401, "token_reused")
    assert refresh(renewed) == (401, "token_invalid")


def test_roles_follow_level_and_standing(platform: Community, officer: Person) -> None:
    person = platform.join()

    def membership(**change: str) -> None:
        answer = officer.call("PATCH", f"/v1/members/{person.id}/membership", {"reason": "a test"} | change)
        assert answer.status_code == 200, answer.text

    assert roles(platform, person) == {"guest", "supporter"}
    membership(level="leader")
    until(lambda: "leader" in roles(platform, person))
    membership(standing="suspended_by_body")
    until(lambda: "leader" not in roles(platform, person))
    refused = person.post("/v1/topics", {"title": "Clinics", "description": "Where?", "category": "healthcare"})
    assert (refused.status_code, refused.json()["code"]) == (403, "suspended")


def test_roles_are_given_and_taken_by_the_command_line(platform: Community) -> None:
    person = platform.join()
    for role in ("moderator", "membership_officer"):
        given = platform.command("admin", "grant", person.username.upper(), role)
        assert given.returncode == 0, given.stderr
        assert role in roles(platform, person)
    assert platform.command("admin", "revoke", person.username, "moderator").returncode == 0
    assert "moderator" not in roles(platform, person)
    for name, role in ((person.username, "king"), ("nobody_here", "admin")):
        refused = platform.command("admin", "grant", name, role)
        assert refused.returncode == 1 and "Traceback" not in refused.stderr
    level = platform.command("admin", "grant", person.username, "official")
    assert level.returncode == 1 and "a level of membership. A membership officer sets it" in level.stderr


def test_following_is_shown_to_the_follower_only(platform: Community) -> None:
    amina, *others = [platform.join() for _ in range(4)]
    for other in others:
        for _ in range(2):
            assert amina.call("PUT", f"/v1/members/{other.id}/follow").status_code == 204
    assert amina.call("DELETE", f"/v1/members/{others[0].id}/follow").status_code == 204
    first = amina.get("/v1/me/following?limit=1").json()
    rest = amina.get("/v1/me/following", params={"cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [others[2].id, others[1].id]
    assert others[2].get("/v1/me/following").json()["items"] == []
    assert amina.id not in others[2].get(f"/v1/members/{others[2].id}").text
    assert amina.call("PUT", "/v1/members/mem_nobody/follow").json()["code"] == "member_missing"
    assert amina.call("PUT", f"/v1/members/{amina.id}/follow").json()["code"] == "follow_self"


@pytest.mark.parametrize(
    "values",
    [
        ("2026-01-01T00:00:00+00:00", "mem_x"),
        ("2026-01-01", "mem_x"),
        ("0001-01-01T00:00:00+14:00", "mem_x"),
        ("9999-12-31T23:59:59-14:00", "mem_x"),
        ("2026-01-01T00:00:00+00:00", "\x00"),
        ("2026-01-01T00:00:00+00:00", "é" * 500),
        (1, 2),
        ("x",),
    ],
)
def test_odd_cursor_of_the_following_is_no_fault_of_ours(admin: Person, values: tuple[str | int, ...]) -> None:
    answer = admin.get("/v1/me/following", params={"cursor": PageQuery.cursor(*values)})
    assert answer.status_code in (200, 400), answer.text
