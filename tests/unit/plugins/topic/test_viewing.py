"""Topics count who looks, for many at a time and without names."""

from diramoja.plugins.topic.viewing import TOPICS, WRITTEN_EVERY_S, Views


def test_many_looks_are_one_write() -> None:
    views = Views(0.0)
    assert [views.count("top_2", 1.0) for _ in range(5)] == [None] * 5
    assert views.count("top_1", WRITTEN_EVERY_S) == {"top_1": 1, "top_2": 5}
    assert views.count("top_1", WRITTEN_EVERY_S + 1) is None
    assert views.count("top_1", 2 * WRITTEN_EVERY_S) == {"top_1": 2}


def test_what_could_not_be_written_is_counted_later() -> None:
    views = Views(0.0)
    seen = views.count("top_1", WRITTEN_EVERY_S)
    assert seen is not None
    views.put_back(seen)
    assert views.count("top_1", 2 * WRITTEN_EVERY_S) == {"top_1": 2}


def test_so_many_topics_are_counted_at_a_time_and_no_more() -> None:
    views = Views(0.0)
    taken = [views.count(f"top_{number}", 1.0) for number in range(TOPICS)]
    assert [len(each) for each in taken if each is not None] == [TOPICS]
    views.count("top_new", 1.0)
    views.put_back({f"top_{number}": 1 for number in range(2 * TOPICS)})
    kept = views.count("top_new", 1.0)
    assert kept is not None and len(kept) == TOPICS and kept["top_new"] == 2
