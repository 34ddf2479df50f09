"""The contract of the search port, on every search engine."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from diramoja.adapters.postgres.ports import open_postgres
from diramoja.core.errors import InvalidError
from diramoja.core.gateway import PageQuery
from diramoja.ports.search import Document, Search, SearchQuery
from tests.support.postgres_server import emptied_database, shared_postgres

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@asynccontextmanager
async def _postgres() -> AsyncIterator[Search]:
    async with open_postgres(await emptied_database(shared_postgres())) as ports:
        yield cast("Search", ports["search"])


@pytest.fixture(params=[pytest.param(_postgres, id="postgres")])
async def search(request: pytest.FixtureRequest) -> AsyncIterator[Search]:
    opener: Callable[[], AbstractAsyncContextManager[Search]] = request.param
    async with opener() as opened:
        yield opened


def document(id: str, body: str = "", **changes: Any) -> Document:
    made = Document(id=id, kind="post", title="", body=body, category="", author="mem_1", created_at=NOW)
    return msgspec.structs.replace(made, **changes)


async def ids(search: Search, q: str, **more: Any) -> list[str]:
    return [hit.id for hit in (await search.find(SearchQuery(q, **more))).items]


async def test_words_of_title_and_body_are_found(search: Search) -> None:
    await search.index(
        [
            document("in_body", "The clinic is open"),
            document("in_title", "Opening hours", title="Clinic"),
            document("other", "A school"),
        ]
    )
    assert await ids(search, "clinic") == ["in_title", "in_body"]
    assert await ids(search, "CLINIC open") == ["in_body"]
    assert await ids(search, "hospital") == []


async def test_phrases_and_exclusions_count(search: Search) -> None:
    await search.index([document("a", "new water pump"), document("b", "pump new water"), document("c", "water pump")])
    assert sorted(await ids(search, '"water pump"')) == ["a", "c"]
    assert sorted(await ids(search, "water -new")) == ["c"]
    assert sorted(await ids(search, "pump or school")) == ["a", "b", "c"]


async def test_each_language_has_its_own_forms(search: Search) -> None:
    await search.index(
        [
            document("en", "The clinics were opened", language="en"),
            document("sw", "Kliniki zimefunguliwa clinics", language="sw"),
            document("de", "Die Kliniken öffnen", language="german"),
            document("unknown", "clinic", language="tlh"),
        ]
    )
    assert sorted(await ids(search, "clinic")) == ["en", "unknown"]
    assert sorted(await ids(search, "clinics")) == ["en", "sw"]
    assert await ids(search, "klinik") == ["de"]
    assert await ids(search, "clinic -opening") == ["unknown"]


async def test_a_document_is_replaced_by_its_id(search: Search) -> None:
    await search.index([document("a", "old words"), document("a", "older words")])
    await search.index([document("a", "new", kind="topic", category="health", created_at=NOW + timedelta(days=1))])
    assert await ids(search, "old or older or words") == []
    (hit,) = (await search.find(SearchQuery("new"))).items
    assert (hit.type, hit.created_at) == ("topic", NOW + timedelta(days=1))


async def test_what_is_not_visible_or_removed_is_not_found(search: Search) -> None:
    await search.index([document("a", "clinic", visible=False), document("b", "clinic"), document("c", "clinic")])
    await search.remove(["b", "none"])
    await search.remove([])
    assert await ids(search, "clinic") == ["c"]
    await search.index([document("a", "clinic"), document("c", "clinic", visible=False)])
    assert await ids(search, "clinic") == ["a"]


async def test_results_are_narrowed(search: Search) -> None:
    await search.index(
        [
            document("a", "clinic", kind="topic", category="health"),
            document("b", "clinic", category="health", created_at=NOW + timedelta(days=1)),
            document("c", "clinic", category="work", created_at=NOW + timedelta(days=2)),
        ]
    )
    assert await ids(search, "clinic", kind="topic") == ["a"]
    assert sorted(await ids(search, "clinic", category="health")) == ["a", "b"]
    assert sorted(await ids(search, "clinic", since=NOW + timedelta(days=1))) == ["b", "c"]
    assert await ids(search, "clinic", since=NOW + timedelta(days=1), until=NOW + timedelta(days=2)) == ["b"]


async def test_an_answer_says_whether_only_the_newest_were_ranked(search: Search) -> None:
    many = [document(f"d{n:04}", "clinic", created_at=NOW + timedelta(seconds=n)) for n in range(2_100)]
    await search.index(many)
    await search.index([document("school", "school")])
    found = await search.find(SearchQuery("clinic", limit=100))
    assert found.newest_only and sum(found.facets["type"].values()) == 2_000
    assert min(hit.id for hit in found.items) >= "d0100"
    assert not (await search.find(SearchQuery("school"))).newest_only


async def test_facets_count_the_whole_result(search: Search) -> None:
    await search.index(
        [document(f"p{n}", "clinic", category="health" if n % 2 else "") for n in range(5)]
        + [document("t", "clinic", kind="topic", category="work"), document("x", "school")]
    )
    found = await search.find(SearchQuery("clinic", limit=1))
    assert found.facets == {"type": {"post": 5, "topic": 1}, "category": {"health": 2, "work": 1}}
    assert (await search.find(SearchQuery("none"))).facets == {"type": {}, "category": {}}


async def test_pages_show_every_result_once(search: Search) -> None:
    await search.index([document(f"p{n:02}", "clinic " * (1 + n % 3)) for n in range(25)])
    query = SearchQuery("clinic", limit=10)
    seen: list[str] = []
    scores: list[float] = []
    for size in (10, 10, 5):
        page = await search.find(query)
        assert len(page.items) == size
        seen += [hit.id for hit in page.items]
        scores += [hit.score for hit in page.items]
        query = msgspec.structs.replace(query, cursor=page.next_cursor or "")
    assert query.cursor == ""
    assert sorted(seen) == [f"p{n:02}" for n in range(25)]
    assert scores == sorted(scores, reverse=True)


async def test_snippets_are_escaped_and_matches_marked(search: Search) -> None:
    body = 'a < b & "c" clinic <mark>x</mark> <script>alert(1)</script> \x02clinic\x03 \x00end'
    await search.index([document("a", body), document("b", "", title="Clinic <b>")])
    hits = {hit.id: hit for hit in (await search.find(SearchQuery("clinic"))).items}
    assert "<script>" not in hits["a"].snippet
    assert hits["a"].snippet.count("<mark>clinic</mark>") == 2
    assert hits["a"].snippet.count("<") == 4
    assert "&lt; b &amp; &quot;c&quot;" in hits["a"].snippet
    assert hits["b"].title == "Clinic <b>"
    assert hits["b"].snippet.startswith("<mark>Clinic</mark>")


async def test_a_long_text_gives_a_short_snippet(search: Search) -> None:
    await search.index([document("a", "other " * 1000 + "clinic " + "thing " * 1000)])
    (hit,) = (await search.find(SearchQuery("clinic"))).items
    assert "<mark>clinic</mark>" in hit.snippet
    assert len(hit.snippet) < 500


@pytest.mark.parametrize("q", ["", "  ", "!!!", "-clinic", "&|<->", "\x00", "x" * 2000])
async def test_a_query_without_a_word_is_refused(search: Search, q: str) -> None:
    with pytest.raises(InvalidError):
        await search.find(SearchQuery(q))


@pytest.mark.parametrize(
    "q", ["clinic'; DROP TABLE x", "a:*b", "(((a", '"open', "clinic\\", "a & | b", "🏥 clinic", "-a b"]
)
async def test_any_text_with_a_word_is_a_query(search: Search, q: str) -> None:
    await search.index([document("a", "clinic")])
    await search.find(SearchQuery(q))


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "a" * 5000,
        PageQuery.cursor("0" * 16, 1.0, NOW.isoformat(), "a"),
        PageQuery.cursor(1.0, "a"),
    ],
)
async def test_a_cursor_that_is_none_of_ours_is_refused(search: Search, cursor: str) -> None:
    with pytest.raises(InvalidError):
        await search.find(SearchQuery("clinic", cursor=cursor))


async def test_a_cursor_of_another_query_is_refused(search: Search) -> None:
    await search.index([document(f"p{n}", "clinic school") for n in range(3)])
    cursor = (await search.find(SearchQuery("clinic", limit=1))).next_cursor
    assert cursor
    assert len(await ids(search, "clinic", cursor=cursor)) == 2
    with pytest.raises(InvalidError):
        await search.find(SearchQuery("school", cursor=cursor))
    digest = PageQuery.read(1, cursor).after[0]
    for values in ((digest, "1", NOW.isoformat(), "a"), (digest, 1.0, "2026-01-01", "a"), (digest, 1.0, "x", "\x00")):
        with pytest.raises(InvalidError):
            await search.find(SearchQuery("clinic", cursor=PageQuery.cursor(*values)))


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_page_out_of_bounds_is_refused(search: Search, limit: int) -> None:
    with pytest.raises(InvalidError):
        await search.find(SearchQuery("clinic", limit=limit))


async def test_suggestions_are_titles_and_words_most_frequent_first(search: Search) -> None:
    await search.index(
        [
            document("a", "clinical clinic", title="Clinics of the North"),
            document("b", "clinic clinic"),
            document("c", "clinical clinic"),
            document("d", "climate", visible=False),
            document("e", "", title="Clinic"),
        ]
    )
    assert await search.suggest("CLIN", 10) == ["clinic", "clinical", "Clinics of the North", "clinics"]
    assert await search.suggest("cli", 2) == ["clinic", "clinical"]
    assert await search.suggest("climate", 10) == []
    assert await search.suggest("", 10) == await search.suggest("zzz", 10) == await search.suggest("c", 0) == []


async def test_suggestions_forget_what_is_gone(search: Search) -> None:
    await search.index([document("a", "clinic", title="Clinics"), document("b", "clinic")])
    await search.index([document("a", "school")])
    assert await search.suggest("cli", 10) == ["clinic"]
    await search.remove(["b"])
    assert await search.suggest("cli", 10) == []
    assert await search.suggest("sch", 10) == ["school"]


@pytest.mark.parametrize("prefix", ["%", "_", "\\", "a%", "it's", "\x00"])
async def test_a_prefix_means_itself(search: Search, prefix: str) -> None:
    await search.index([document("a", "apple", title="Apple")])
    assert await search.suggest(prefix, 10) == []


async def test_nothing_of_hidden_authors_is_found_counted_or_suggested(search: Search) -> None:
    await search.index(
        [
            document("p1", title="Clinics of the giraffe", author="mem_a", language="en"),
            document("p2", title="Clinics of the elephant", author="mem_b", language="en"),
            document("p3", "The elephant of all", author="mem_c", language="sw"),
        ]
    )

    async def found(q: str, *hidden: str) -> tuple[set[str], int]:
        answer = await search.find(SearchQuery(q, hidden=hidden))
        return {hit.id for hit in answer.items}, sum(answer.facets["type"].values())

    assert await found("clinics") == ({"p1", "p2"}, 2)
    assert await found("clinics", "mem_a") == ({"p2"}, 1)
    assert await found("clinics", "mem_a", "mem_b") == (set(), 0)
    assert await search.suggest("gir", 10) == ["giraffe"]
    assert await search.suggest("gir", 10, ["mem_a"]) == []
    assert await search.suggest("ele", 10, ["mem_b"]) == ["elephant"]
    assert await search.suggest("ele", 10, ["mem_b", "mem_c"]) == []
    assert await search.suggest("clin", 10, ["mem_a"]) == ["clinics", "Clinics of the elephant"]


async def test_addresses_and_numbers_are_not_suggested(search: Search) -> None:
    await search.index([document("a", "mail jane@example.org or +254700000000 or https://example.org/jane")])
    for prefix in ("jane", "254", "https", "example"):
        assert await search.suggest(prefix, 10) == []
