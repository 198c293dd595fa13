"""Where one may do it: reach and ranges of ordinals against a naive walk up the ancestors, on any tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.areas import Area, AreaTree, Level
from geodata.services.actors import Actor
from tests.factories.access_city import of

GONE = "an area of an older edition"


def tree_of(parents: list[int], order: list[int]) -> AreaTree:
    """A tree in which area k+1 lies below ``parents[k] % (k+1)``; ``order`` decides which codes they have."""
    code = [f"A{n:02}" for n in order]
    above: list[int | None] = [None, *(p % (k + 1) for k, p in enumerate(parents))]
    depth: list[int] = []
    for p in above:
        depth.append(0 if p is None else depth[p] + 1)
    areas = [
        Area(k, code[k], code[k], depth[k], None if p is None else code[p], 0.0, 0.0, (0.0, 0.0, 1.0, 1.0), 1.0)
        for k, p in enumerate(above)
    ]
    return AreaTree([Level(d, f"l{d}", f"第{d}级", f"Level {d}") for d in range(max(depth) + 1)], areas)


@st.composite
def trees(draw: st.DrawFn) -> AreaTree:
    parents = draw(st.lists(st.integers(0, 40), max_size=24))
    return tree_of(parents, draw(st.permutations(range(len(parents) + 1))))


@st.composite
def asked(draw: st.DrawFn) -> tuple[AreaTree, frozenset[str]]:
    tree = draw(trees())
    codes = st.sampled_from([a.code for a in tree.areas] + [GONE, ""])
    return tree, draw(st.frozensets(codes, max_size=6))


def below(tree: AreaTree, o: int, codes: frozenset[str]) -> bool:
    """Whether the area or one above it carries one of these codes."""
    area: Area | None = tree.areas[o]
    by_code = {a.code: a for a in tree.areas}
    while area is not None:
        if area.code in codes:
            return True
        area = by_code[area.parent_code] if area.parent_code is not None else None
    return False


@given(asked())
def test_an_actor_reaches_an_area_if_it_or_one_above_it_is_of_its_jurisdiction(
    case: tuple[AreaTree, frozenset[str]],
) -> None:
    tree, codes = case
    actor = Actor("x", areas=codes)
    assert [actor.reaches(tree, o) for o in range(len(tree))] == [below(tree, o, codes) for o in range(len(tree))]


@given(asked())
def test_the_ranges_do_not_overlap_stand_in_order_and_are_exactly_what_is_reached(
    case: tuple[AreaTree, frozenset[str]],
) -> None:
    tree, codes = case
    actor = Actor("x", areas=codes)
    spans = actor.ordinals(tree)
    flat = [o for span in spans for o in span]
    assert flat == sorted(set(flat))
    assert flat == [o for o in range(len(tree)) if below(tree, o, codes)]
    assert all(spans[k].stop <= spans[k + 1].start for k in range(len(spans) - 1))
    assert actor.home(tree) == (flat[0] if flat else None)


@given(trees())
def test_the_root_is_everything_and_the_operator_needs_no_code(tree: AreaTree) -> None:
    root = tree.areas[0].code
    assert Actor("x", areas=frozenset({root})).ordinals(tree) == [range(len(tree))]
    assert Actor.operator().ordinals(tree) == [range(len(tree))]
    assert all(Actor.operator().reaches(tree, o) for o in range(len(tree)))


@given(trees())
def test_nobody_and_a_code_that_is_no_longer_in_force_reach_nothing(tree: AreaTree) -> None:
    for actor in (Actor(), of("x", areas=()), of("x", areas=(GONE,))):
        assert not any(actor.reaches(tree, o) for o in range(len(tree)))
        assert (actor.ordinals(tree), actor.home(tree)) == ([], None)


@given(asked())
def test_a_code_that_is_no_longer_in_force_takes_nothing_from_the_others(
    case: tuple[AreaTree, frozenset[str]],
) -> None:
    tree, codes = case
    assert Actor("x", areas=codes | {GONE}).ordinals(tree) == Actor("x", areas=codes).ordinals(tree)
