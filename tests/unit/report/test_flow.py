"""How blocks are distributed over pages."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from safety_detector.report.blocks import Group, Item, Space
from safety_detector.report.flow import find_places, paginate
from safety_detector.report.page_canvas import Bookmark, PageCanvas, Place

PAGE = 100.0


@dataclass(frozen=True)
class Brick:
    """A block of a given height that draws nothing."""

    name: str
    height: float

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws nothing."""


def names(groups: list[Group]) -> list[list[str]]:
    """The names of the blocks, page by page."""
    pages = paginate(groups, PAGE)
    return [[placed.block.name for placed in page.placed] for page in pages]  # type: ignore[attr-defined]  # all are bricks


def brick(name: str, height: float, **how: bool) -> Item:
    """An item of one brick."""
    return Item(Brick(name, height), **how)  # type: ignore[arg-type]  # flags of Item


def test_a_group_moves_to_the_next_page_as_a_whole() -> None:
    """What belongs together is not torn apart while a page can hold it."""
    groups = [Group((brick("a", 60),)), Group((brick("b", 30), brick("c", 30)))]
    assert names(groups) == [["a"], ["b", "c"]]


def test_a_group_longer_than_a_page_uses_the_room_that_is_left() -> None:
    """It breaks between its items, without a page of its own."""
    groups = [Group((brick("a", 60),)), Group(tuple(brick(f"b{n}", 30) for n in range(5)))]
    assert names(groups) == [["a", "b0"], ["b1", "b2", "b3"], ["b4"]]


def test_a_heading_is_never_the_last_on_its_page() -> None:
    """It goes along with what follows."""
    items = (brick("a", 60), brick("heading", 20, keep_with_next=True), brick("b", 30))
    assert names([Group(items, together=False)]) == [["a"], ["heading", "b"]]


def test_a_table_s_head_is_repeated_on_each_page() -> None:
    """A page of rows says what its columns are."""
    head = Brick("head", 20)
    rows = tuple(Item(Brick(f"r{n}", 40), repeated_head=head) for n in range(4))
    group = Group((Item(head, keep_with_next=True), *rows), together=False)
    assert names([group]) == [["head", "r0", "r1"], ["head", "r2", "r3"]]


def test_space_at_the_end_of_a_page_is_left_out() -> None:
    """It neither drives a group to the next page nor stands alone on one."""
    full = Group((brick("a", 50), brick("b", 50), Item(Space(30))))
    pages = paginate([full, full], PAGE)
    assert [len(page.placed) for page in pages] == [2, 2]
    short = Group((brick("c", 30), Item(Space(20))))
    (page,) = paginate([short, short], PAGE)
    assert [placed.top for placed in page.placed] == [0, 30, 50, 80]


def test_a_section_may_begin_a_page() -> None:
    """But never leaves an empty page before it."""
    groups = [Group((brick("a", 10),), new_page=True), Group((brick("b", 10),), new_page=True)]
    assert names(groups) == [["a"], ["b"]]


def test_bookmarks_know_their_page() -> None:
    """References are right because nothing is drawn before all pages are known."""
    marked = Item(Brick("b", 80), bookmark=Bookmark("here", "Here"))
    pages = paginate([Group((brick("a", 80),)), Group((marked,))], PAGE)
    assert find_places(pages) == {"here": Place(2)}


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.floats(1, PAGE), st.booleans()), min_size=1, max_size=8),
            st.booleans(),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_every_block_is_placed_once_in_order_and_on_the_page(
    shapes: list[tuple[list[tuple[float, bool]], bool, bool]],
) -> None:
    """Whatever the groups are like, nothing is lost, doubled, swapped or out of the page."""
    groups = []
    expected = []
    for number, (heights, new_page, together) in enumerate(shapes):
        items = []
        for position, (height, keep) in enumerate(heights):
            expected.append(f"{number}.{position}")
            items.append(brick(expected[-1], height, keep_with_next=keep))
        groups.append(Group(tuple(items), new_page=new_page, together=together))
    assert [name for page in names(groups) for name in page] == expected
    for page in paginate(groups, PAGE):
        assert all(placed.top + placed.block.height <= PAGE + 0.02 for placed in page.placed)
        assert page.placed or not shapes
