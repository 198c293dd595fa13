"""Areas are found by name, initials and code; the best hit stands first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.areas import Area, AreaTree, Level
from geodata.domain.search import AreaIndex

ROWS = (
    ("51", None, "云江市", "Yunjiang", "YJS"),
    ("5101", "51", "明湖区", "Minghu", "MHQ"),
    ("5102", "51", "湖滨区", "Hubin", "HBQ"),
    ("5101001", "5101", "明湖街道", "Minghu Street", "MHJD"),
    ("5101001001", "5101001", "湖社区", "Hu", "HSQ"),
    ("5102001", "5102", "明湖里", "Minghuli", "MHL"),
)


def tree() -> AreaTree:
    depth: dict[str | None, int] = {None: -1}
    areas = []
    for n, (code, parent, name, name_en, initials) in enumerate(ROWS):
        depth[code] = depth[parent] + 1
        box = (0.0, 0.0, 1.0, 1.0)
        areas.append(Area(n, code, name, depth[code], parent, 0, 0, box, 1.0, name_en, initials=initials))
    return AreaTree([Level(d, f"l{d}", "级", "level") for d in range(4)], areas)


INDEX = AreaIndex(tree())


def found(text: str, limit: int = 10) -> list[str]:
    return [INDEX.tree.areas[o].code for o in INDEX.find(text, limit)]


def test_a_name_finds_what_begins_with_it_before_what_contains_it() -> None:
    assert found("湖") == ["5102", "5101001001", "5101", "5101001", "5102001"]


def test_the_nearer_to_the_city_comes_first_among_equals() -> None:
    assert found("明湖") == ["5101", "5101001", "5102001"]


def test_initials_find_an_area_in_either_case() -> None:
    assert found("mhq") == found("MHQ") == ["5101"]
    assert found("mh") == ["5101", "5101001", "5102001"]


def test_a_whole_code_stands_before_the_codes_that_begin_with_it() -> None:
    assert found("5101") == ["5101", "5101001", "5101001001"]


def test_an_english_name_is_found_whatever_its_case_and_spaces() -> None:
    assert found("  minghu   STREET ") == ["5101001"]


def test_a_limit_bounds_the_answer() -> None:
    assert found("5", 2) == ["51", "5101"]


def test_nothing_finds_nothing() -> None:
    assert found("") == found("   ") == found("南山") == []


@given(st.text(max_size=80))
def test_whatever_is_typed_finds_only_areas_that_hold_it(text: str) -> None:
    query = " ".join(text[:64].casefold().split())
    for o in INDEX.find(text, 6):
        a = INDEX.tree.areas[o]
        assert any(query in key.casefold() for key in (a.code, a.name, a.name_en, a.initials))
