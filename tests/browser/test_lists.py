"""Every number opens its list, a list can be taken along, the board of units leads to the map; with real browsers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.domain.units import FRESHNESS, UNIT_KINDS, UNIT_STATUSES
from geodata.intake.door import now_ms
from geodata.services.actors import Actor
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.rostering import ShiftPlan, plan_roster
from geodata.services.tracking import Position, report_positions
from geodata.store import quarantine
from geodata.store.quarantine import Refused
from tests.browser.duty_desk import report
from tests.browser.map_browser import MapPage
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of

WAIT_MS, HOUR_MS = 30_000, 3_600_000
ON_POST = 106.42, 29.52  # in G00, the home area of U1
KEYED = "all => all.map(a => [a.parentNode.dataset.key, a.getAttribute('href')])"
SHOWN = "all => all.map(a => [a.textContent, a.getAttribute('href')])"
ROWS = ".board-list .job[data-key]:not([hidden])"
SORTED = "all => all.map(a => [a.querySelector('b').textContent, a.getAttribute('href')])"
KPIS = {"reported", "open", "overdue", "due_soon", "on_time", "handling", "unplaced"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Forty events, one unit on its post, one that is planned and off duty."""
    opened = open_room(tmp_path_factory.mktemp("lists"))
    desk, who, now = opened.door.desk(), Actor.operator("test"), now_ms()
    report_positions(desk, who, [Submitted({}, Position("U1", *ON_POST, now))], feed="test", now_ms=now)
    away = UnitReport("U2", "渝中执-02", "enforcement", "G01", (), None, now)
    enrol_units(desk, who, [Submitted({}, away)], feed="test", now_ms=now)
    shifts = [ShiftPlan(code, now - HOUR_MS, now + 7 * HOUR_MS) for code in ("U1", "U2")]
    told = plan_roster(desk, who, [Submitted({}, s) for s in shifts], feed="test/roster", now_ms=now)
    assert {o.status for o in told} == {"accepted"}
    yield opened
    opened.store.close()


def somebody(browser: Browser, room: Room, base: str, role: Role) -> MapPage:
    """A browser of their own."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True)
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([cookie_of(base, secret_of(room.access, account_of(room.access, [role], ["C"])))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    return opened


def ready(opened: MapPage, address: str, selector: str) -> Page:
    """The page of an address, once this is to be seen on it."""
    opened.page.goto(opened.base + address)
    expect(opened.page.locator(selector).first).to_be_visible(timeout=WAIT_MS)
    return opened.page


def path(page: Page) -> str:
    where = urlsplit(page.url)
    return f"{where.path}?{where.query}" if where.query else where.path


def test_every_number_of_the_overview_opens_a_list_of_as_many_and_the_list_is_taken_as_a_file(
    room: Room, base: str, browser: Browser
) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/area/C", '.kpi-cell[data-key="open"] .kpi-main[href]')
    open_n = page.locator('[data-key="open"] .kpi-value').inner_text()
    links = dict(page.locator(".kpi-main[href]").evaluate_all(KEYED))
    assert set(links) == KPIS | {"units"}
    some = ("reported", "overdue", "due_soon", "unplaced")
    numbers = {k: page.locator(f'[data-key="{k}"] .kpi-value').inner_text() for k in some}
    records = page.locator("#all-time a[href]").evaluate_all(SHOWN)
    assert len(records) == 11
    bars = page.locator(".bar-open[href]").evaluate_all(SHOWN)
    assert bars

    page.locator('.kpi-cell[data-key="open"] .kpi-main').click()
    assert path(page) == "/list/C?figure=open"
    expect(page.locator(".list-total")).to_have_attribute("data-n", open_n)
    expect(page.locator(".board-list .job[data-key]:not([hidden])").first).to_be_visible()
    for number, address in [*((numbers[k], links[k]) for k in numbers), *records, *bars[:2]]:
        page.evaluate("address => onescreen.view.go(address)", address)
        expect(page.locator(".list-total")).to_have_attribute("data-n", number)
        assert parse_qs(urlsplit(page.url).query)["figure"]

    page.evaluate("() => onescreen.view.go('/list/C?figure=open')")
    expect(page.locator(".list-total")).to_have_attribute("data-n", open_n)
    with page.expect_download() as taken:
        page.locator('.board-list .export-link[data-format="csv"]').click()
    text = Path(taken.value.path()).read_bytes().decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == int(open_n)
    assert re.fullmatch(r"open-\d{8}-\d{4}\.csv", taken.value.suggested_filename)

    page.locator(".board-list .job[data-key]:not([hidden])").first.click()
    expect(page.locator("#drawer h2")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["selected"][0].startswith("event:")
    assert leader.wrong == []
    page.context.close()


COUNTED = """() => [...document.querySelectorAll('.side a[href], #legend a[href], #drawer a[href], #ticker a[href]')]
  .filter(a => /^\\/(list|units)\\//.test(a.getAttribute('href')))
  .map(a => ({to: a.getAttribute('href'), title: a.title, of: a.closest('[id]').id, name: a.className,
    said: (a.querySelector('.kpi-value') || a).textContent, label: a.getAttribute('aria-label') || ''}))"""
COMPARED = re.compile(r"yesterday|overdue_before")
RATES = re.compile(r"judged|timed|month_due|recent|roster=due")
NUMBER = re.compile(r"\d[\d,]*")


def shown_by(link: dict[str, str]) -> int | None:
    """The number that a link shows; None for a rate, whose parts its title tells, and for what shows none."""
    if COMPARED.search(link["to"]):  # a difference shows how many more, its title of what
        return int(NUMBER.findall(link["title"])[-1].replace(",", ""))
    if RATES.search(link["to"]) or "key" in link["name"] or "curve" in link["name"]:
        return None
    return int(NUMBER.findall(link["said"])[0].replace(",", ""))


def test_every_link_of_a_page_says_what_it_opens_and_leads_to_as_many_as_it_shows(
    room: Room, base: str, browser: Browser
) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/area/C?selected=area%3AD1", "#drawer dd a[href]")
    expect(page.locator(".curve-hour[href]").first).to_be_attached()
    expect(page.locator("#legend a[href]").first).to_be_visible()
    links: list[dict[str, str]] = page.evaluate(COUNTED)
    assert {link["of"] for link in links} >= {
        "kpi",
        "all-time",
        "classes",
        "curve",
        "feed",
        "ranking",
        "legend",
        "drawer",
    }
    assert [link for link in links if not link["title"]] == []
    assert [link["to"] for link in links if COMPARED.search(link["to"])] == ["/list/C?figure=yesterday"]
    sample = {(link["of"], re.sub(r"\d", "", link["to"])): link for link in links}
    for link in sample.values():
        page.evaluate("address => onescreen.view.go(address)", link["to"])
        total = page.locator(".list-total" if link["to"].startswith("/list/") else ".board-units .desk-total")
        expect(total, link["to"]).to_be_visible()
        n = shown_by(link)
        if n is not None:
            expect(total, f"{link}").to_have_text(re.compile(rf"^{n:,} "))
        elif "curve-hour" in link["name"]:
            numbers = NUMBER.findall(link["label"])[1:]
            n = int(numbers[0 if "figure=reported" in link["to"] else -1].replace(",", ""))
            expect(total, f"{link}").to_have_text(re.compile(rf"^{n:,} "))
    page.evaluate("address => onescreen.view.go(address)", "/units/C")
    expect(page.locator(".board-units .sort b").first).to_have_text(NUMBER)
    sorts = page.locator(".board-units .sort").evaluate_all(SORTED)
    assert len(sorts) == len(UNIT_STATUSES) + len(FRESHNESS) + len(UNIT_KINDS)
    for many, to in sorts:
        page.evaluate("address => onescreen.view.go(address)", to)
        expect(page.locator(".board-units .desk-total"), to).to_have_text(f"{many} 个")
    assert leader.wrong == []
    page.context.close()


def test_the_hours_of_the_day_are_one_stop_of_the_tab_key_and_an_hour_opens_its_list(
    room: Room, base: str, browser: Browser
) -> None:
    report(room, [ON_POST])  # the hour may just have begun
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/area/C", ".curve-hour[href]")
    stop = page.locator('.curve-hour[tabindex="0"]')
    expect(stop).to_have_count(1)
    hour = int(stop.get_attribute("data-key") or "")
    stop.focus()
    expect(page.locator(".curve-tell")).to_have_text(stop.get_attribute("aria-label") or "")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".curve-hour:focus")).to_have_attribute("data-key", "1")
    page.keyboard.press("ArrowLeft")
    for _ in range(hour):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".curve-hour:focus")).to_have_attribute("data-key", str(hour))
    page.keyboard.press("Enter")
    assert path(page) == f"/list/C?figure=reported&hour={hour}"
    expect(page.locator(".list-hour")).to_have_text(f"{hour:02} 时")
    with page.expect_download() as taken:
        page.locator('.board-list .export-link[data-format="csv"]').click()
    rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_bytes().decode("utf-8-sig"))))
    expect(page.locator(".list-total")).to_have_attribute("data-n", str(len(rows)))
    page.locator(".list-other").click()
    assert path(page) == f"/list/C?figure=last_week&hour={hour}"
    page.locator(".list-hour").click()
    assert path(page) == "/list/C?figure=last_week"
    assert leader.wrong == []
    page.context.close()


def test_a_list_offers_the_states_that_it_holds_and_none_of_them_goes_along_to_a_page_of_open_events(
    room: Room, base: str, browser: Browser
) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/list/C?figure=reported", ".board-list .job[data-key]:not([hidden])")
    all_n = page.locator(".list-total").get_attribute("data-n")
    page.locator("#filters button").click()
    states = page.locator("#filter-panel fieldset[data-key='states'] .option")
    expect(states).to_have_count(17)
    expect(page.locator("#filter-panel fieldset[data-key='states'] [data-key='reported'] b")).to_have_text(all_n or "")
    page.locator("#filter-panel fieldset[data-key='states'] [data-key='forced_closed']").click()
    assert path(page) == "/list/C?states=forced_closed&figure=reported"
    expect(page.locator(".list-total")).to_have_attribute("data-n", "0")
    page.locator(".list-figure").select_option("open")
    assert path(page) == "/list/C?figure=open"
    expect(states).to_have_count(12)
    page.locator(".list-figure").select_option("closed")
    expect(states).to_have_count(2)
    page.evaluate("() => onescreen.view.go('/list/C?states=closed.reported&figure=reported')")
    page.locator(".board-list .board-clear").click()
    assert path(page) == "/area/C?states=reported"
    page.locator("#filters button").click()
    expect(states).to_have_count(12)
    assert leader.wrong == []
    page.context.close()


def test_a_unit_of_the_board_is_found_by_filters_that_stay_in_the_address_and_the_map_goes_to_it(
    room: Room, base: str, browser: Browser
) -> None:
    officer = somebody(browser, room, base, Role.DUTY_OFFICER)
    page = ready(officer, "/units/C", ".unit:not([hidden])[data-key]")
    expect(page.locator(".board-units .post-rate")).to_have_text("50.0%")
    expect(page.locator(".board-units .post-of")).to_have_text("1 / 2")
    expect(page.locator(".unit:not([hidden])")).to_have_count(2)
    page.locator(".board-units .post-absent").click()
    assert path(page) == "/units/C?roster=absent"
    expect(page.locator(".board-units .desk-total")).to_have_text("1 个")
    expect(page.locator(".unit:not([hidden])[data-key='U2'] .unit-roster")).to_have_text("缺岗")
    page.locator(".board-units .board-clear").click()
    page.locator('[data-group="kind"] [data-key="grid_post"]').click()
    assert path(page) == "/units/C?kind=grid_post"
    expect(page.locator(".board-units .desk-total")).to_have_text("1 个")
    expect(page.locator(".unit:not([hidden])[data-key='U1'] .unit-state")).to_have_text("在岗")
    page.locator(".unit:not([hidden])[data-key='U1']").click()
    expect(page.locator("#drawer h2")).to_have_text("渝中巡-01")
    assert path(page) == "/units/C?selected=unit%3AU1&kind=grid_post"
    page.wait_for_function(
        """([lon, lat]) => {
          const S = onescreen.map.state;
          if (!S.alive) return false;
          const c = S.map.getCenter();
          return Math.abs(c.lng - lon) < 1e-4 && Math.abs(c.lat - lat) < 1e-4 && S.map.getZoom() > S.fitZoom + 1;
        }""",
        arg=list(ON_POST),
    )
    assert page.locator(".board-foot:not([hidden])").count() == 0, "an officer takes no list along"
    page.reload()
    expect(page.locator("#drawer h2")).to_have_text("渝中巡-01", timeout=WAIT_MS)
    expect(page.locator(".board-units .desk-total")).to_have_text("1 个")
    assert officer.wrong == []
    page.context.close()


def test_a_list_that_cannot_be_read_says_so_and_comes_by_itself(room: Room, base: str, browser: Browser) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = leader.page
    page.route("**/windows/list", lambda route: route.fulfill(status=503, body="{}"))
    ready(leader, "/list/C?figure=reported", ".board-list .desk-empty")
    expect(page.locator(".board-list .desk-empty")).to_have_text("清单暂时无法读取，正在重试")
    page.unroute("**/windows/list")
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator(".board-list .desk-empty")).to_be_hidden()
    page.context.close()


def test_no_number_stands_under_another_figure_and_what_could_not_be_read_says_so(
    room: Room, base: str, browser: Browser
) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/list/C?figure=reported", ROWS)
    total, empty = page.locator(".board-list .list-total"), page.locator(".board-list .desk-empty")
    expect(total).not_to_be_empty()
    page.route("**/windows/list", lambda route: route.fulfill(status=503, body="{}"))
    page.evaluate("() => onescreen.view.go('/list/C?figure=open')")
    expect(empty).to_have_text("清单暂时无法读取，正在重试")
    expect(total).to_be_empty()
    page.unroute("**/windows/list")
    expect(total).not_to_be_empty()
    expect(empty).to_be_hidden()
    # In another order there are as many; rows that did not come are not passed over in silence.
    page.route("**/windows/list", lambda route: route.fulfill(status=503, body="{}"))
    page.evaluate("() => onescreen.view.go('/list/C?figure=open&sort=oldest')")
    expect(empty).to_have_text("清单暂时无法读取，正在重试")
    expect(total).not_to_be_empty()
    page.unroute("**/windows/list")
    expect(empty).to_be_hidden()
    # Nothing of a board is ticked.
    page.locator(ROWS).first.click(modifiers=["Control"])
    expect(page.locator(".board-list .job[aria-selected=true]")).to_have_count(0)
    page.context.close()


def test_a_newer_question_ends_the_older_and_its_answer_is_never_shown(room: Room, base: str, browser: Browser) -> None:
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/list/C?figure=reported", ROWS)
    ended: list[str] = []
    page.on("requestfailed", lambda request: ended.append(place(request)))
    held: list[Route] = []

    def place(request: Request) -> str:
        return str(json.loads(request.post_data or "")["address"])

    def answer(route: Route) -> None:
        # The list of what is open is read for ever.
        if "figure=open" in place(route.request):
            held.append(route)
        else:
            route.continue_()

    page.route("**/windows/list", answer)
    page.evaluate("() => onescreen.view.go('/list/C?figure=open')")
    page.wait_for_timeout(300)
    page.evaluate("() => onescreen.view.go('/list/C?figure=unplaced')")
    total = page.locator(".board-list .list-total")
    expect(total).to_have_attribute("data-n", str(room.situation.totals(0).unplaced))
    assert held
    assert ended == ["/list/C?figure=open"]
    page.unroute_all()
    page.context.close()


def test_what_is_held_back_opens_its_page_for_whoever_may_read_it_and_is_plain_text_for_others(
    room: Room, base: str, browser: Browser
) -> None:
    with room.store.begin() as conn:
        quarantine.add(conn, "12345/events", [Refused("lon", "200", "is too far", "{}")], now_ms())
    said = '#ticker li[data-kind="quarantine"] a'
    leader = somebody(browser, room, base, Role.LEADER)
    page = ready(leader, "/area/C", said)
    expect(page.locator(said)).to_have_text("1 条记录被隔离，等待处理")
    assert page.locator(said).get_attribute("href") is None
    page.context.close()
    admin = somebody(browser, room, base, Role.ADMIN)
    page = ready(admin, "/area/C", said + "[href]")
    page.locator(said).click()
    expect(page.locator("caption .count")).to_have_text("1")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert path(page) == "/admin/quarantine"
    page.context.close()


def test_a_viewer_opens_lists_but_takes_none_along_and_a_wall_keeps_its_numbers(
    room: Room, base: str, browser: Browser
) -> None:
    viewer = somebody(browser, room, base, Role.VIEWER)
    page = ready(viewer, "/list/C?figure=reported", ROWS)
    assert page.locator(".board-foot:not([hidden])").count() == 0
    expect(page.locator(".tool-units")).to_be_hidden()
    ready(viewer, "/wall/C", '.kpi-cell[data-key="open"]')
    expect(page.locator('[data-key="open"] .kpi-value')).not_to_be_empty()
    behind = "#kpi, #all-time, #classes, #curve, .rank-value, .panel-aside, #legend, #ticker"
    assert page.locator(f":is({behind}) a:is([href*='/list/'], [href*='/units/'])").count() == 0
    assert page.locator(".bar-open[href], .rank-value[href], .curve-hour[href]").count() == 0
    assert viewer.wrong == []
    page.context.close()
