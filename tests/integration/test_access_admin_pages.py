"""The pages by which people, screens and feeds are managed, and the audit."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.format import moment
from geodata.domain.events import FOLLOWS
from geodata.domain.roles import ACTS, ANSWERS, PEOPLE, REVEALS, RIGHTS, Role
from geodata.intake.door import now_ms
from geodata.services.actors import Actor
from geodata.services.audit_reading import ACTIONS
from geodata.store import changes
from tests.factories.access_browser import House, path_of, secret_on, sign_in

NEW = {"login": "new.one", "name": "新来的", "roles": ["leader", "viewer"], "areas": "D1\nG20"}


async def test_a_new_person_is_listed_and_comes_in_by_the_link(house: House) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    made = await boss.post("/admin/people", data=NEW)
    assert made.status_code == 200
    listed = (await boss.get("/admin/people?q=NEW.")).text
    assert "已邀请" in listed
    assert "渝中区" in listed
    assert "chief" not in re.findall(r"/admin/people/([\w.]+)", listed)
    account = house.account("new.one")
    assert (account.roles, account.areas, account.name) == (("viewer", "leader"), ("D1", "G20"), "新来的")
    assert (await house.browser().get(path_of(secret_on(made)))).status_code == 200
    single = await boss.post("/admin/people", data=NEW | {"login": "by.provider", "federated": "1"})
    assert "secret" not in re.findall(r'id="(\w+)"', single.text)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"login": "ÄÖ"}, "login", "a to z"), ({"login": "chief"}, "login", "taken"),
        ({"areas": " "}, "areas", "1 to 50"), ({"areas": "D1 {nowhere}"}, "areas", "“{nowhere}”"),
        ({"roles": []}, "roles", "at least one role"),
        ({"roles": ["screen"]}, "roles", "at least one role"), ({"roles": ["feed"]}, "roles", "at least one role"),
    ],
)  # fmt: skip
async def test_what_is_declined_is_said_at_its_field_and_nothing_typed_is_lost(
    house: House, changed: dict[str, Any], field: str, words: str
) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    page = await boss.post("/admin/people?lang=en", data=NEW | changed)
    assert page.status_code == 422
    told = re.search(rf'id="{field}-wrong">([^<]+)<', page.text)
    assert told
    assert words in told[1]
    assert 'role="alert"' in page.text
    assert "新来的" in page.text
    assert len(house.lines("create_account")) == 0


async def test_a_changed_account_is_changed_at_once_and_ending_it_is_for_good(house: House) -> None:
    boss, her = await house.inside("chief", Role.ADMIN), await house.inside("li.na", Role.LEADER, areas=["D1"])
    page = await boss.get("/admin/people/li.na")
    assert re.search(r'value="leader" checked', page.text)
    form = {"name": "李娜", "roles": ["leader", "shift_leader"], "areas": "D2", "totp_required": "1"}
    assert (await boss.post("/admin/people/li.na", data=form)).headers["location"] == "/admin/people/li.na?done=changed"
    assert (await her.get("/admin/screens")).status_code == 200
    assert "李娜" in (await her.get("/account")).text
    assert (await boss.post("/admin/people/li.na/end")).headers["location"] == "/admin/people?done=ended"
    assert (await her.get("/account")).headers["location"].startswith("/login")
    assert "已停用" in (await boss.get("/admin/people/li.na")).text
    assert (await boss.post("/admin/people/li.na/invite")).status_code == 404


async def test_a_lost_phone_is_forgotten_together_with_a_new_invitation(house: House) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    house.person("li.na", Role.LEADER, totp="sealed", totp_step=7)
    again = await boss.post("/admin/people/li.na/invite")
    assert house.account("li.na").totp == "sealed"
    made = await boss.post("/admin/people/li.na/forget-second-factor")
    assert house.account("li.na").totp == ""
    assert (await house.browser().get(path_of(secret_on(again)))).status_code == 404
    assert (await house.browser().get(path_of(secret_on(made)))).status_code == 200


async def test_an_admin_of_a_district_neither_sees_nor_touches_what_lies_beyond(house: House) -> None:
    boss = await house.inside("d1.admin", Role.ADMIN, areas=["D1"])
    house.person("in.d1", Role.LEADER, areas=["G00"])
    house.person("in.d2", Role.LEADER, areas=["D2"])
    house.person("in.both", Role.LEADER, areas=["D1", "D2"])
    house.made("wall-2", ["screen"], ["D2"], page="wall")
    house.made("kiosk", ["feed"], ["C"], scopes=["read"])
    listed = set(re.findall(r"/admin/people/([\w.]+)", (await boss.get("/admin/people")).text))
    assert listed == {"d1.admin", "in.d1"}
    assert "wall-2" not in (await boss.get("/admin/screens")).text
    assert "kiosk" not in (await boss.get("/admin/feeds")).text
    unknown = await boss.get("/admin/people/nobody")
    form = {"roles": "leader", "areas": "D1"}
    for path in ("in.d2", "in.both"):
        assert (await boss.get(f"/admin/people/{path}")).content == unknown.content
        for act in ("", "/end", "/invite", "/forget-second-factor"):
            assert (await boss.post(f"/admin/people/{path}{act}", data=form)).content == unknown.content
    for path in ("/admin/screens/wall-2/end", "/admin/screens/wall-2/renew", "/admin/feeds/kiosk/key",
                 "/admin/feeds/kiosk/end"):  # fmt: skip
        assert (await boss.post(path)).content == unknown.content
    beyond = await boss.post("/admin/people/in.d1", data=form | {"areas": "D2"})
    assert beyond.status_code == 422
    assert "江北" not in beyond.text, "not even the name of what lies beyond"
    assert house.account("in.d1").areas == ("G00",)


async def test_no_role_raises_itself(house: House) -> None:
    boss = await house.inside("d1.admin", Role.ADMIN, areas=["D1"])
    for form in ({"roles": ["admin", "auditor"], "areas": "D1"}, {"roles": "admin", "areas": "C"}):
        assert (await boss.post("/admin/people/d1.admin", data=form)).status_code == 422
    assert (await boss.post("/admin/people/d1.admin/end")).status_code == 422
    leader = await house.inside("shift", Role.SHIFT_LEADER)
    trick = {"login": "trick", "areas": "C", "page": "wall", "roles": ["admin", "screen"]}
    assert (await leader.post("/admin/screens", data=trick)).status_code == 200
    assert house.account("trick").roles == ("screen",)
    for path in ("/admin/people", "/admin/people/shift", "/admin/people/trick", "/admin/feeds"):
        assert (await leader.post(path, data={"roles": "admin", "areas": "C", "login": "x"})).status_code == 404
    assert house.account("shift").roles == ("shift_leader",)
    assert house.account("d1.admin").areas == ("D1",)


async def test_the_link_of_a_screen_ends_when_it_gets_another_one(house: House) -> None:
    boss = await house.inside("shift", Role.SHIFT_LEADER)
    form = {"login": "wall-1", "name": "大厅", "areas": "D1", "page": "wall"}
    first = path_of(secret_on(await boss.post("/admin/screens", data=form)))
    assert "从未使用" in (await boss.get("/admin/screens")).text
    await house.browser().get(first)
    house.room.sessions.flush(now_ms())
    listed = (await boss.get("/admin/screens")).text
    assert "从未使用" not in listed
    assert "Firefox/140" in listed
    second = path_of(secret_on(await boss.post("/admin/screens/wall-1/renew")))
    assert (await house.browser().get(first)).status_code == 404
    assert (await house.browser().get(second)).status_code == 303
    await boss.post("/admin/screens/wall-1/end")
    assert (await house.browser().get(second)).status_code == 404
    assert (await boss.post("/admin/screens/wall-1/end")).status_code in (303, 404)
    for wrong in ({"areas": "D1 D2"}, {"page": "map"}):
        assert (await boss.post("/admin/screens", data=form | {"login": "wall-3"} | wrong)).status_code == 422


def _opens(house: House, key: str) -> Actor | None:
    found = house.room.sessions.find(key, ["feed"], now_ms())
    return found[1] if found else None


async def test_the_key_of_a_feed_is_changed_over_without_a_pause(house: House) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    form = {"login": "kiosk", "areas": "D1", "scopes": ["report", "read"], "systems": "12345 hot.line"}
    first = secret_on(await boss.post("/admin/feeds", data=form))
    second = secret_on(await boss.post("/admin/feeds/kiosk/key"))
    assert _opens(house, first)
    assert _opens(house, second)
    page = await boss.get("/admin/feeds/kiosk")
    newer, older = re.findall(r"/admin/feeds/kiosk/keys/(\d+)/end", page.text)
    await boss.post(f"/admin/feeds/kiosk/keys/{older}/end")
    assert _opens(house, first) is None
    changed = {"areas": "D2", "scopes": ["positions"], "systems": ""}
    assert (await boss.post("/admin/feeds/kiosk", data=changed)).status_code == 303
    actor = _opens(house, second)
    assert actor is not None
    assert (actor.areas, actor.systems, actor.rights) == (frozenset({"D2"}), None, frozenset({"send_positions"}))
    own = re.findall(r"/tokens/(\d+)/end", (await boss.get("/account")).text)
    assert not own
    for odd in ("1", "99999999999"):
        assert (await boss.post(f"/admin/feeds/kiosk/keys/{odd}/end")).status_code == 404
    assert (await boss.post("/admin/feeds/kiosk", data=changed | {"scopes": []})).status_code == 422
    await boss.post("/admin/feeds/kiosk/end")
    assert _opens(house, second) is None
    assert newer != older


async def test_the_table_of_rights_is_the_one_that_decides(house: House) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    text = (await boss.get("/admin/rights")).text
    tables = text.split("<table")[1:]
    decided = ([*RIGHTS.values()], [*ACTS.values()], [*REVEALS.values(), ANSWERS])
    for table, holders in zip(tables, decided, strict=True):
        assert table.count("✓") == sum(map(len, holders))
        assert table.count('scope="row"') == len(holders)


async def test_the_audit_is_filtered_paged_and_readable(house: House) -> None:
    boss, reader = await house.inside("chief", Role.ADMIN), await house.inside("auditor", Role.AUDITOR)
    await boss.post("/admin/people", data=NEW)
    await boss.post("/admin/people/new.one", data={"roles": "duty_officer", "areas": "D2"})
    step = {"state": "dispatched"}, {"state": "handling", "deadline_ms": 60_000}
    with house.room.store.begin() as conn:
        for old, new in (step, (None, {"odd": [1, {}]})):
            house.room.access.audit.record(conn, Actor("x"), "accept", "event:1", at_ms=now_ms(), old=old, new=new)
    steps = (await reader.get("/audit?action=accept&lang=en")).text
    told = moment(house.room.city.zone, 60_000)
    for shown in ("<del>dispatched</del>", "<ins>handling</ins>", told, "<ins>1, {}</ins>", ">Accept<"):
        assert shown in steps
    page = (await reader.get("/audit?action=change_account&lang=zh")).text
    assert page.count('data-label="操作"') == 1
    assert "观察员, 领导" in re.sub(r"\s+", " ", re.sub(r"</?del>", "", page))
    assert "<ins>派遣员" in page
    today = moment(house.room.city.zone, now_ms())[:10]
    sought = {f"from={today}&to={today}&actor=chief": 3, "to=2020-01-01": 0, "subject=account:new.one": 2}
    for query, lines in sought.items():
        assert (await reader.get(f"/audit?{query}")).text.count('data-label="操作"') == lines, query
    for wrong in ("from=yesterday", "to=9999-12-31", "from=2026-02-30"):
        assert (await reader.get(f"/audit?{wrong}")).status_code == 422
    with house.room.store.begin() as conn:
        for n in range(150):
            house.room.access.audit.record(conn, Actor("many"), "export", f"list:{n}", at_ms=now_ms())
    first = (await reader.get("/audit?actor=many")).text
    assert (first.count('data-label="操作"'), "list:149" in first, "list:49" in first) == (100, True, False)
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = (await reader.get(older[1].replace("&amp;", "&"))).text
    assert (second.count('data-label="操作"'), "list:49<" in second, 'rel="next"' in second) == (50, True, False)


async def test_lines_that_only_cover_changes_are_shown_to_whoever_asks_for_them(house: House) -> None:
    reader = await house.inside("auditor", Role.AUDITOR)
    with house.room.store.begin() as conn:
        seq = changes.next_seq(conn)
        changes.append_all(conn, [
            changes.Change(seq + k, now_ms(), "event", 1, k, "accept", "handling", "kiosk", "") for k in range(3)
        ])  # fmt: skip
    covers = f"changes:{seq}-{seq + 2}"
    for query, shown in {"": False, "action=": False, "action=*": True, "action=changes": True, "actor=kiosk": True,
                         f"subject={covers}": True, "action=sign_in": False}.items():  # fmt: skip
        assert (covers in (await reader.get(f"/audit?{query}")).text) == shown, query
        assert (covers in (await reader.get(f"/audit/export.csv?{query}")).text) == shown, query
    page = re.sub(r"\s+", " ", (await reader.get("/audit?action=changes&lang=en")).text)
    assert '<span class="key">Of events</span> <ins>3</ins>' in page
    assert f'<span class="key">Changes no.</span> <ins>{seq}–{seq + 2}</ins>' in page
    file = (await reader.get("/audit/export.csv?action=changes")).text.lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["first_change"], row["last_change"]) for row in rows] == [(str(seq), str(seq + 2))]


def test_every_action_that_is_recorded_has_words() -> None:
    rooms = Path(__file__).resolve().parents[2] / "geodata"
    texts = [p.read_text("utf-8") for p in rooms.rglob("*.py")]
    told = {name for text in texts for name in re.findall(r'audit\.record\(\s*conn, [^"]*?, "(\w+)"', text)}
    assert len(told) > 12, "the search itself finds the calls"
    assert told <= {*ACTIONS, *FOLLOWS}


async def test_an_auditor_of_a_district_reads_what_was_done_within_it(house: House) -> None:
    boss = await house.inside("chief", Role.ADMIN)
    reader = await house.inside("d1.auditor", Role.AUDITOR, areas=["D1"])
    for login, area in (("near", "G00"), ("far", "D2")):
        await boss.post("/admin/people", data={"login": login, "roles": "leader", "areas": area})
    for path in ("/audit", "/audit/export.csv"):
        text = (await reader.get(path)).text
        assert "account:near" in text
        assert "account:far" not in text
        assert "account:chief" not in text


async def test_an_export_of_the_audit_is_armless_scoped_and_in_the_audit_itself(house: House) -> None:
    boss, reader = await house.inside("chief", Role.ADMIN), await house.inside("auditor", Role.AUDITOR)
    with house.room.store.begin() as conn:
        house.room.access.audit.record(conn, Actor("=cmd"), "export", "@x", at_ms=now_ms(), new={"a": 1})
    answer = await reader.get("/audit/export.csv?action=export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeffseq,")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert (rows[1][2], rows[1][5], rows[1][8]) == ("'=cmd", "'@x", '{"a": 1}')
    taken = house.lines("export_audit")
    assert [(line.actor, line.new) for line in taken] == [("auditor", '{"action": "export"}')]
    whole = await reader.get("/audit/export.csv")
    assert len(whole.text.splitlines()) == 1 + len(house.lines())
    assert (await boss.get("/audit/export.csv")).status_code == 404
    assert (await reader.get("/audit/export.csv?from=never")).status_code == 404


async def test_every_page_of_a_manager_says_when_it_was_true(house: House) -> None:
    boss = await house.inside("chief", *PEOPLE)
    await sign_in(house.browser(), "chief")
    for path in ("/account", "/admin/people", "/admin/screens", "/admin/feeds", "/admin/rights", "/audit"):
        text = (await boss.get(path)).text
        assert re.search(r"<caption>.*截至 \d{4}-\d\d-\d\d \d\d:\d\d", text, re.DOTALL), path
