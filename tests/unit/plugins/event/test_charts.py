"""Charts: images that any reader of XML takes, whatever the texts in them, and of a bounded size."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from diramoja.plugins.event.charts import BARS_MAX, bar_chart

SVG = "{http://www.w3.org/2000/svg}"
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
bars = st.lists(st.tuples(texts, st.none() | st.integers(0, 10**9)), max_size=80)


@given(texts | st.sampled_from(["</svg><script>alert(1)</script>", '"onload="x', "&amp;]]>"]), bars)
def test_no_text_leaves_its_place(title: str, figures: list[tuple[str, int | None]]) -> None:
    image = ET.fromstring(bar_chart(title, figures))
    assert {each.tag for each in image.iter()} <= {f"{SVG}{name}" for name in ("svg", "title", "g", "text", "rect")}
    assert set(image.attrib) == {"viewBox", "width", "height", "role", "aria-label"}
    assert image.get("aria-label") == image[0].text or not title
    assert len(image.findall(f"{SVG}g/{SVG}rect")) == min(len(figures), BARS_MAX)


@given(bars)
def test_no_bar_is_longer_than_its_place(figures: list[tuple[str, int | None]]) -> None:
    image = ET.fromstring(bar_chart("Check-ins", figures))
    for each in image.findall(f"{SVG}g/{SVG}rect"):
        assert 0 <= int(each.get("width", "")) <= int(image.get("width", "")) - int(each.get("x", ""))


def test_a_dark_page_does_not_swallow_the_text() -> None:
    image = ET.fromstring(bar_chart("Ratings", [("1", 2)]))
    ground = image.find(f"{SVG}rect")
    assert ground is not None and ground.get("fill") == "#fff"
    assert [ground.get(side) for side in ("width", "height")] == [image.get(side) for side in ("width", "height")]


def test_what_is_withheld_is_no_zero() -> None:
    said = [each.text for each in ET.fromstring(bar_chart("Ratings", [("1", None), ("2", 0)])).iter(f"{SVG}text")]
    assert said == ["Ratings", "1", "-", "2", "0"]
