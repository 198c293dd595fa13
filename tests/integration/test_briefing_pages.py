"""Briefings as pages and files: for the staff within its reach, exports in the audit, nonsense said plainly."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from geodata.domain.roles import Role
from geodata.domain.view import LANGUAGES
from geodata.store import briefings
from tests.factories.access_browser import House, Labels
from tests.factories.page_city import UNSAFE


def days(house: House, ago: int) -> str:
    """A day so long ago, as a period."""
    return f"day:{datetime.now(UTC).astimezone(house.room.city.zone).date() - timedelta(days=ago)}"


async def test_a_leader_reads_the_own_district_in_both_languages_and_no_other(house: House) -> None:
    leader = await house.inside("lead.zhao", Role.LEADER, areas=("D2",))
    for lang, title in zip(LANGUAGES, ("平安日报", "Daily briefing"), strict=True):
        page = await leader.get(f"/briefing/D2?period={days(house, 0)}&lang={lang}")
        assert page.status_code == 200
        assert title in page.text
        assert UNSAFE not in page.text
        assert Labels(page.text).unnamed == []
        assert 'data-theme="light"' in page.text
        sheet = page.text.partition("<article")[2].partition("</article>")[0]
        assert "lead.zhao" not in sheet, "no person"
        assert "第1件" not in sheet, "no description"
    for area in ("D1", "C", "NOPE", ""):
        assert (await leader.get(f"/briefing/{area}?period={days(house, 1)}")).status_code == 404
    assert (await leader.get("/briefing/D2")).status_code == 200


async def test_who_only_looks_has_no_briefing_and_who_may_not_export_no_file(house: House) -> None:
    viewer = await house.inside("viewer", Role.VIEWER)
    officer = await house.inside("officer", Role.DUTY_OFFICER)
    file = f"/briefings/briefing.pdf?area=C&period={days(house, 1)}"
    for address in ("/briefing/C", "/briefings", file):
        assert (await viewer.get(address)).status_code == 404
    page = await officer.get("/briefing/C")
    assert page.status_code == 200
    assert "briefing.pdf" not in page.text
    assert (await officer.get(file)).status_code == 404


async def test_a_file_is_the_same_twice_and_each_time_in_the_audit(house: House) -> None:
    leader = await house.inside("lead", Role.LEADER)
    for ending, begins in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        address = f"/briefings/briefing.{ending}?area=C&period={days(house, 1)}&lang=zh"
        first, second = await leader.get(address), await leader.get(address)
        if first.status_code == 503:
            assert "fonts-noto-cjk" in first.text
            continue
        assert first.status_code == 200
        assert first.content.startswith(begins)
        assert first.content == second.content
        lines = [x for x in house.lines("export") if x.subject == f"briefing:{days(house, 1)}.{ending}"]
        assert len(lines) == 2
        assert json.loads(lines[0].new)["fingerprint"] in first.headers["content-disposition"]
    assert (await leader.get("/briefings/briefing.exe?area=C")).status_code == 404


async def test_a_wrong_period_says_field_value_and_rule(house: House) -> None:
    leader = await house.inside("lead", Role.LEADER)
    for wrong, rule in (("year:2026", "must be"), ("day:2026-02-30", "is not a day"), (days(house, -3), "not begun"),
                        ("day:1900-01-01", "years"), ("x" * 900, "must be")):  # fmt: skip
        for address in ("/briefing/C?", "/briefings/briefing.pdf?area=C&"):
            answer = await leader.get(f"{address}period={wrong}&lang=en")
            assert answer.status_code == 422, address
            assert "period" in answer.text
            assert rule in answer.text
    bad = await leader.get("/briefings/open?area=C&kind=hour&day=2026-11-02")
    assert bad.status_code == 422
    gone = await leader.get("/briefings/open?area=C&kind=week&day=2026-11-26")
    assert gone.headers["location"] == "/briefing/C?period=week%3A2026-W48"
    assert "平安报表" in (await leader.get("/briefings")).text


async def test_a_kept_briefing_of_an_area_that_is_gone_is_listed_without_a_link(house: House) -> None:
    day = days(house, 1)
    with house.room.store.begin() as conn:
        for code in ("D1", "GONE"):
            briefings.keep(conn, code, day, first_day=1, made_ms=1, seq=0, fingerprint=f"mark-{code}", content=b"{}")
    page = await (await house.inside("head", Role.CENTRE_HEAD)).get("/briefings")
    rows = {code: row for row in page.text.split("<tr>") for code in ("D1", "GONE") if f"mark-{code}" in row}
    assert "/briefing/D1" in rows["D1"]
    assert "href" not in rows["GONE"]
    assert "区划已变更" in rows["GONE"]
