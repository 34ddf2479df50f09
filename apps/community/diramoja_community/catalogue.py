"""The words of the pages around those of plugins, in English and Swahili, and which of the two a reader gets."""

from collections.abc import Mapping

__all__ = ["LANGUAGES", "language_of", "other_languages", "words"]

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "language": "English",
        "api": "API",
        "votes": "Votes",
        "votes_text": "What is asked, what was decided, and how it was counted.",
        "missing": "There is no such vote",
        "missing_text": "Or it is still a draft: then only those who prepare it see it.",
        "simulation": "A simulation: its times are set, not real",
        "lead": "A community that talks things over, decides together and moves in one direction.",
        "ready": "Everything runs",
        "degraded": "Reading works, writing waits",
        "down": "Out of order",
        "community": "Community",
        "members": "Members",
        "topics": "Topics",
        "posts": "Published posts",
        "agents": "Agents",
        "kind": "Kind",
        "running": "Running",
        "paused": "Paused",
        "failed": "Failed",
        "runs": "What runs",
        "part": "Part",
        "state": "State",
        "took": "Answers in",
        "ok": "fine",
        "gateway": "Gateway",
        "database": "Database",
        "broker": "Broker",
        "workers": "Workers",
        "live": "Live connections",
        "plugins": "Plugins",
        "build": "For developers",
        "docs": "Read the API",
        "docs_text": "Every call with its permission, an example and its errors.",
        "json": "OpenAPI 3.1",
        "json_text": "For tools; also as YAML.",
        "ready_link": "Health",
        "ready_text": "Each dependency with its state, as JSON.",
        "metrics": "Metrics",
        "metrics_text": "In the format of Prometheus.",
        "none": "No agents yet: they come with the first member.",
        "figures": "Figures",
        "last_seq": "commands accepted",
        "alive": "alive",
        "partitions_unowned": "partitions without a worker",
        "commands_behind": "commands waiting",
    },
    "sw": {
        "language": "Kiswahili",
        "api": "API",
        "votes": "Kura",
        "votes_text": "Kinachoulizwa, kilichoamuliwa, na jinsi kura zilivyohesabiwa.",
        "missing": "Hakuna kura kama hiyo",
        "missing_text": "Au bado ni rasimu: basi wanaoiandaa tu ndio wanaoiona.",
        "simulation": "Huu ni uigaji: nyakati zake zimewekwa, si za kweli",
        "lead": "Jamii inayojadiliana, inayoamua pamoja na kwenda katika dira moja.",
        "ready": "Kila kitu kinafanya kazi",
        "degraded": "Kusoma kunawezekana, kuandika kunasubiri",
        "down": "Haifanyi kazi",
        "community": "Jamii",
        "members": "Wanachama",
        "topics": "Mada",
        "posts": "Machapisho yaliyochapishwa",
        "agents": "Mawakala",
        "kind": "Aina",
        "running": "Wanaofanya kazi",
        "paused": "Waliositishwa",
        "failed": "Walioshindwa",
        "runs": "Kinachofanya kazi",
        "part": "Sehemu",
        "state": "Hali",
        "took": "Hujibu kwa",
        "ok": "sawa",
        "gateway": "Lango",
        "database": "Hifadhidata",
        "broker": "Msambazaji wa ujumbe",
        "workers": "Watendaji",
        "live": "Miunganisho hai",
        "plugins": "Programu-jalizi",
        "build": "Kwa wasanidi programu",
        "docs": "Soma API",
        "docs_text": "Kila wito pamoja na ruhusa, mfano na makosa yake.",
        "json": "OpenAPI 3.1",
        "json_text": "Kwa zana; pia kwa YAML.",
        "ready_link": "Afya",
        "ready_text": "Hali ya kila sehemu, kwa JSON.",
        "metrics": "Vipimo",
        "metrics_text": "Kwa muundo wa Prometheus.",
        "none": "Bado hakuna mawakala: watakuja na mwanachama wa kwanza.",
        "figures": "Takwimu",
        "last_seq": "amri zilizopokelewa",
        "alive": "walio hai",
        "partitions_unowned": "sehemu zisizo na mtendaji",
        "commands_behind": "amri zinazosubiri",
    },
}

DEFAULT = "en"


def words(language: str) -> Mapping[str, str]:
    """The words of a language of `LANGUAGES`."""
    return LANGUAGES[language]


def language_of(header: str, chosen: str = "") -> str:
    """The language that the address of a page names; else what Accept-Language likes best (RFC 9110, 12.5.4)."""
    if chosen in LANGUAGES:
        return chosen
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        language = name.partition("-")[0].lower()
        if language in LANGUAGES and weight > 0:
            liked.append((-weight, place, language))
    return min(liked)[2] if liked else DEFAULT


def other_languages(language: str) -> str:
    """Links from a page to itself in the other languages, as HTML."""
    return " ".join(
        f'<a href="?lang={other}" lang="{other}" hreflang="{other}">{said["language"]}</a>'
        for other, said in LANGUAGES.items()
        if other != language
    )
