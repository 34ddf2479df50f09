"""One of everything, in most phases, made through the public API: what the fuzzer finds when it comes."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.scenarios.town import Town
from tests.support.community import PASSWORD, Person, until

__all__ = ["LEVELS", "Making"]

LEVELS = ("active_member", "leader", "official")
TIES = ("lot", "lot", "casting_vote", "casting_vote", "run_off")
METHODS = ("simple_majority", "approval", "score", "ranked_choice", "scottish_stv", "schulze", "majority_judgement")
SECRETS = [bytes(range(start, start + 32)).hex() for start in range(4)]


class Making:
    """Makes everything, in the order in which it can be made."""

    def __init__(self, made: Town, people: dict[str, Person | None]) -> None:
        self.town = made
        self.people = {role: person for role, person in people.items() if person is not None}
        self.residents = made.people("resident", 3, level="member")
        self.all = [*self.people.values(), *self.residents]
        self.members = [*(self.people[each] for each in LEVELS), *self.residents]
        self.leader, self.official = self.people["leader"], self.people["official"]
        self.committee = made.people("committee", 3, level="official")
        self.second = made.given_role(made.platform.join("second_moderator"), "moderator")
        self.known: dict[str, list[str | int]] = {}
        self.decided: list[str] = []
        self.aimed: list[tuple[str, str, Sequence[str | int]]] = []

    def everything(self) -> None:
        self._discussion()
        self._conversation()
        self._moderation()
        self._organisation()
        early = [self._vote(2, 9, tie_rule=rule, options=["Six", "Eight"]) for rule in TIES]
        early.append(self._vote(2, 9, anonymity_level="pseudonymous", voting_method="ranked_choice"))
        open_later = [self._vote(5, 40, voting_method=each, revote=True) for each in METHODS]
        open_later.append(self._vote(5, 40, delegation=True, live_tally=True))
        open_later.append(self._vote(5, 40, tie_rule="lot"))
        past, ongoing = self._event(3, 60), self._event(8, 20_000)
        self._play(early, past)
        self._wait_for([*early, *open_later], "results_published", "open")
        self._after(early, past, ongoing)
        self._words()
        self._aim(early, open_later, ongoing)

    def _aim(self, early: list[str], open_now: list[str], ongoing: str) -> None:
        """At what they can do something with; what would end everything at its first call, at what is spare."""
        spare = self._event(6, 60)
        drafts = [self._draft(author, 5, 12) for author in (self.leader, self.official) * 5]
        self.aimed = [
            ("(PATCH /v1/votes/|/schedule)", "vote_id", drafts[2:]),
            ("/votes/.*/cancel", "vote_id", drafts[:2]),
            ("/ballots(/me)?$", "vote_id", open_now),
            ("/lot/secrets/", "vote_id", open_now[-1:]),
            ("/lot/reveals", "vote_id", early[:1]),
            ("/lot/draws", "vote_id", early[1:2]),
            ("/casting-vote", "vote_id", early[2:4]),
            ("/votes/.*/disputes$", "vote_id", early[4:]),
            ("/(check-ins|ticket|venue)", "event_id", [ongoing]),
            ("/events/.*/cancel", "event_id", [spare]),
            ("/events/.*/open", "event_id", [self._planned(7, 60) for _ in range(4)]),
            ("/topics/.*/close", "topic_id", self.known["topic_id"][:3]),
            ("/cases/.*/reviews", "case_id", self.decided),
            ("PUT .*/block", "member_id", [self.second.id]),
        ]

    def _keep(self, name: str, *values: str | int) -> None:
        self.known.setdefault(name, []).extend(values)

    def _made(self, person: Person, path: str, body: Any = None, *, method: str = "POST") -> dict[str, Any]:
        answer = person.call(method, path, body)
        assert answer.status_code < 300, (path, answer.text)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def _new(self, name: str, person: Person, path: str, body: Any) -> str:
        id = str(self._made(person, path, body)["id"])
        self._keep(name, id)
        return id

    def _discussion(self) -> None:
        body = {"title": "Opening hours", "description": "When?", "category": "healthcare", "policy_proposal": True}
        for author in self.members:
            topic = self._new("topic_id", author, "/v1/topics", body)
            for supporter in self.members:
                supporter.call("PUT", f"/v1/topics/{topic}/support")
            post = author.write(topic, "Until eight, I think.")
            self._keep("post_id", post, self.leader.write(topic, "And on Sundays?", reply_to=post))
            draft = self._new("draft_id", author, f"/v1/topics/{topic}/drafts", {"title": "Rules", "text": "One\nTwo"})
            change = {"from": 2, "to": 2, "text": "Second", "reason": "Clearer."}
            self._new("amendment_id", self.official, f"/v1/drafts/{draft}/amendments", change)
            flagged = {"reason": "Is this for us to decide?"}
            self._made(self.second, f"/v1/topics/{topic}/review", flagged, method="PUT")
        self._keep("body.topic_id", *self.known["topic_id"])
        self._keep("body.reply_to", *self.known["post_id"])

    def _conversation(self) -> None:
        others = [each.id for each in self.all if each is not self.leader]
        talk = self._new("conversation_id", self.leader, "/v1/conversations", {"member_ids": others, "title": "All"})
        for person in self.all:
            message = self._new("message_id", person, f"/v1/conversations/{talk}/messages", {"body": "Good evening."})
            self._keep("body.up_to", message)

    def _moderation(self) -> None:
        """Posts that were reported; one of them is hidden, and its author may appeal."""
        moderator, topic = self.people["moderator"], self.known["topic_id"][0]
        version = self.town.platform.http.get("/v1/moderation/guidelines").json()["version"]
        decision = {"action": "hide", "rule": "respect", "guidelines_version": version, "reason": "Rude."}
        for number, author in enumerate(self.all):
            post = author.write(str(topic), f"You again, number {number}.")
            reporter = self.residents[author is self.residents[0]]
            self._made(reporter, f"/v1/posts/{post}/reports", {"reason": "insult"})
            case = until(lambda post=post: self._case(moderator, post))  # type: ignore[misc]
            self._keep("case_id", case)
            if author in (self.leader, self.people["supporter"], *self.residents):
                self.decided.append(case)
                self._made(self.second, f"/v1/moderation/cases/{case}/decisions", decision)
                sanctions = until(lambda author=author: author.get("/v1/me/sanctions").json()["items"])  # type: ignore[misc]
                self._keep("sanction_id", *(each["id"] for each in sanctions))
        appeal = {"text": "It was meant kindly."}
        sanction = self.leader.get("/v1/me/sanctions").json()["items"][0]["id"]
        self._new("appeal_id", self.leader, f"/v1/me/sanctions/{sanction}/appeals", appeal)
        self._keep("body.guidelines_version", version)
        self._keep("body.rule", "respect", "spam")

    @staticmethod
    def _case(moderator: Person, post: str) -> str:
        cases = moderator.get("/v1/moderation/cases?limit=100").json()["items"]
        return next((str(each["id"]) for each in cases if each["post_id"] == post), "")

    def _organisation(self) -> None:
        self._new("body_id", self.people["membership_officer"], "/v1/bodies", {"name": "Board of the North"})
        source = {
            "domain": "hoax.example",
            "rating": "flagged",
            "reason": "Made up.",
            "evidence_url": "https://a.example/",
        }
        self._new("source_id", self.people["moderator"], "/v1/information/sources", source)
        self._keep("member_id", *(each.id for each in self.residents))
        for field in ("body.delegate", "body.member_id", "body.casting_member", "body.member_ids[*]", "body.staff[*]"):
            self._keep(field, *self.known["member_id"])

    def _vote(self, opens: float, closes: float, **terms: Any) -> str:
        """Scheduled; days from now."""
        if terms.get("tie_rule") == "casting_vote":
            terms["casting_member"] = self.leader.id
        vote = self._draft(self.committee[0], opens, closes, **terms)
        self._made(self.committee[0], f"/v1/votes/{vote}/schedule")
        until(lambda: self.official.get(f"/v1/votes/{vote}/roll").json()["size"])
        return vote

    def _draft(self, author: Person, opens: float, closes: float, **terms: Any) -> str:
        body = {
            "title": "Opening hours of clinics",
            "vote_type": "poll",
            "options": ["Until six", "Until eight", "All night"],
            "opens_at": self._at(opens),
            "closes_at": self._at(closes),
        }
        return self._new("vote_id", author, "/v1/votes", body | terms)

    def _at(self, days: float) -> str:
        return (self.town.now + timedelta(days=days)).isoformat()

    def _planned(self, days: float, minutes: int) -> str:
        body = {
            "event_type": "town_hall",
            "title": "Clinics",
            "location": "The hall",
            "virtual_link": "https://meet.example.org/a",
            "starts_at": self._at(days),
            "duration_minutes": minutes,
            "staff": [self.people["active_member"].id],
        }
        return self._new("event_id", self.official, "/v1/events", body)

    def _event(self, days: float, minutes: int) -> str:
        """To which all members say yes, with questions of theirs."""
        event = self._planned(days, minutes)
        self._made(self.official, f"/v1/events/{event}/open")
        for person in self.members:
            self._made(person, f"/v1/events/{event}/rsvp", {"answer": "yes"}, method="PUT")
            self._new("question_id", person, f"/v1/events/{event}/questions", {"body": "Who pays?"})
        return event

    def _play(self, early: Sequence[str], past: str) -> None:
        """Days go by: the first votes are tied, and the first event is over."""
        self.town.move(self.town.now + timedelta(days=2, minutes=5))
        self._wait_for(early, "open")
        for person, secret in zip((self.leader, self.official), SECRETS, strict=False):
            body = {"commitment": hashlib.sha256(bytes.fromhex(secret)).hexdigest()}
            self._made(person, f"/v1/votes/{early[0]}/lot/secrets/me", body, method="PUT")
        for vote in early:
            for number, person in enumerate(self.members):
                self._made(person, f"/v1/votes/{vote}/ballots", {"choices": [number % 2 + 1]})
        self.town.move(self.town.now + timedelta(days=1))
        until(lambda: self._phase("events", past) == "in_progress")
        for person in self.members:
            self._made(person, f"/v1/events/{past}/check-ins", {"join": "online"})
        self.town.move(self.town.now + timedelta(days=6, minutes=5))

    def _wait_for(self, votes: Sequence[str], *phases: str) -> None:
        for vote in votes:
            until(lambda vote=vote: self._phase("votes", vote) in phases)  # type: ignore[misc]

    def _phase(self, kind: str, id: str) -> str:
        return str(self.official.get(f"/v1/{kind}/{id}").json()["phase"])

    def _after(self, early: Sequence[str], past: str, ongoing: str) -> None:
        """What can be said and done now that this is over, and what is still to come."""
        for vote in early[4:]:
            text = {"text": "My ballot is not in the record."}
            self._new("dispute_id", self.residents[0], f"/v1/votes/{vote}/disputes", text)
        coming = self._vote(5, 12)
        objection = {"kind": "missing", "text": "I am not on the roll.", "member_id": self.people["supporter"].id}
        self._new("objection_id", self.residents[1], f"/v1/votes/{coming}/roll/objections", objection)
        self._event(5, 90)
        for person in self.members:
            ticket = self._made(person, f"/v1/events/{ongoing}/ticket", method="GET")
            self._keep("body.code", ticket["code"])
        venue = self._made(self.official, f"/v1/events/{ongoing}/venue-code", method="GET")
        self._keep("body.venue_code", venue["venue_code"])
        for person in self.all:
            notices = person.get("/v1/me/notifications").json()["items"]
            self._keep("notice_id", *(each["id"] for each in notices[:5]))
            self._keep("body.up_to", *(each["id"] for each in notices[:1]))
            export = self._made(person, "/v1/me/exports")
            self._keep("export_id", export["id"])

    def _words(self) -> None:
        """Times that are to come, words with a meaning, and how residents sign in."""
        for person in self.residents:
            self._keep("body.username", person.username)
            self._keep("body.refresh_token", self.town.platform.sign_in(person.username).refresh_token)
            feed = self._made(person, "/v1/me/calendar-feed", method="PUT")
            self._keep("token", feed["url"].rpartition("token=")[2])
        self._keep("body.username", *(f"newcomer_{number}" for number in range(100)))
        self._keep("body.email", *(f"newcomer_{number}@people.example.org" for number in range(100)))
        self._keep("body.password", PASSWORD)
        self._keep("role", "moderator", "membership_officer", "admin")
        self._keep("kind", "topic", "vote", "event", "member")
        self._keep("agent_id", *self.known["topic_id"], *self.known["vote_id"])
        self._keep("body.opens_at", self._at(2), self._at(5))
        self._keep("body.closes_at", self._at(9), self._at(12))
        self._keep("body.starts_at", *(self._at(days) for days in (0.01, 2, 10)))
        self._keep("body.outage_from", self._at(-1), self._at(-2))
        self._keep("body.outage_until", self._at(-0.5), self._at(-0.1))
        self._keep("body.duration_minutes", 60, 90)
        self._keep("body.voting_method", *METHODS)
        self._keep("body.secret", *SECRETS)
        self._keep("body.commitment", *(hashlib.sha256(bytes.fromhex(each)).hexdigest() for each in SECRETS))
        self._keep("body.choices[*]", 1, 2, 3)
        self._keep("scope_id", "healthcare", *self.known["vote_id"], *self.known["topic_id"])
        self._keep("body.region", "north")
