"""The table: of everything that can be asked over HTTP who may ask it, and what a refusal looks like.

Written down a second time on purpose: a change of rights has to be made here, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import orjson

from tests.integration.security.asking import FORM, JSON
from tests.integration.security.place import MINUTE_MS, POINT, SYSTEM, Place, Who, now_ms

Way = Literal["open", "person", "key"]
Body = Callable[[Place, str, Who], bytes]
_n = itertools.count(1)
NOT_FEED = frozenset(
    [
        "viewer",
        "leader",
        "intake",
        "duty_officer",
        "shift_leader",
        "centre_head",
        "unit_member",
        "unit_head",
        "screen",
        "auditor",
        "admin",
    ]
)
EVERYBODY = NOT_FEED | {"feed"}
PEOPLE = NOT_FEED - {"screen"}
STAFF = PEOPLE - {"viewer", "auditor", "admin"}


def of(*roles: str) -> frozenset[str]:
    """Some roles."""
    assert set(roles) <= EVERYBODY
    return frozenset(roles)


OPENS = STAFF | {"feed"}
ADMIN = of("admin")
SCREENS = of("admin", "shift_leader")
MEMBER = of("unit_member")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may ask, with what, and which status says so.

    ``path``: with ``{area}``, ``{event}``, ``{unit}``, ``{photo}``, ``{person}``, ``{member}``, ``{screen}``,
    ``{feed}``, ``{token}``, ``{programme}`` of an area.
    ``fine``: what who may ask within its reach gets. ``beyond``: what it gets for an area, a thing or an account
    beyond its reach, None where no area is asked for. ``refused``: what everybody else gets who has signed in.
    ``once``: what is asked for is used up, so that who asks is new each time.
    """

    way: Way
    roles: frozenset[str]
    path: str
    fine: tuple[int, ...] = (200,)
    beyond: int | None = None
    refused: int = 403
    body: Body | None = None
    kind: str = ""
    once: bool = False
    said: str = ""
    open_status: int = 200

    @property
    def scoped(self) -> bool:
        """Whether it asks for something in an area."""
        return self.beyond is not None


def form(**fields: str) -> Body:
    """A form; ``{area}`` in it is the area's code, ``{n}`` a new number."""
    return lambda place, area, who: urlencode({k: v.format(area=area, n=next(_n)) for k, v in fields.items()}).encode()


def event_at(place: Place, area: str, who: Who) -> bytes:
    """An event reported by an area's code."""
    told = {
        "source": "hotline", "source_system": SYSTEM if who.key else "people", "source_id": f"n{next(_n)}",
        "subtype": "0101",
        "reported_at": now_ms() - MINUTE_MS, "area": area,
    }  # fmt: skip
    return orjson.dumps(told)


def action_on(place: Place, area: str, who: Who) -> bytes:
    """A step that no event takes in the state it is in: nothing is changed by it."""
    return orjson.dumps({"action": "arrive", "at": now_ms(), "code": place.events[area]})


def surge_ruling(place: Place, area: str, who: Who) -> bytes:
    """A surge is confirmed as it was made."""
    return orjson.dumps({"verdict": "confirmed"})


def unit_at(place: Place, area: str, who: Who) -> bytes:
    """A unit at home in an area, off duty."""
    unit = {"code": f"NEW{area}", "call_sign": "新", "kind": "grid_post", "home_area": area, "at": now_ms()}
    return orjson.dumps(unit)


def shift_of(place: Place, area: str, who: Who) -> bytes:
    """A shift of a unit."""
    return orjson.dumps({"unit": place.units[area], "from": now_ms(), "to": now_ms() + 60 * MINUTE_MS})


def position_of(place: Place, area: str, who: Who) -> bytes:
    """An old fix of a unit."""
    lon, lat = POINT.get(area, (None, None))
    return orjson.dumps(
        {"unit": place.units[area], "lon": lon or 100, "lat": lat or 20, "at": now_ms() - 6 * MINUTE_MS}
    )


def push_to(place: Place, area: str, who: Who) -> bytes:
    """A view of an area to a new screen of that area."""
    screen = place.newcomer("screen", area).name if area in POINT else "nobody.at.all"
    told = {"act": "push", "screens": screen, "address": f"/wall/{area}", "span": "15"}
    return urlencode(told).encode()


def own(place: Place) -> dict[str, object]:
    """What a phone of D1 says with everything."""
    return {"unit": place.units["D1"], "key": f"key-{next(_n):08}", "at": now_ms()}


def field_act_on(place: Place, area: str, who: Who) -> bytes:
    """A step from a phone that the event does not take."""
    return orjson.dumps({**own(place), "action": "arrive", "code": place.events[area]})


def field_sign(place: Place, area: str, who: Who) -> bytes:
    """Signing on under a text that is not in force."""
    return orjson.dumps({**own(place), "on": True, "consent": "1999-01"})


def field_fix(place: Place, area: str, who: Who) -> bytes:
    """An old fix."""
    fix = {"at": now_ms() - 6 * MINUTE_MS, "lon": 106.47, "lat": 29.57}
    return orjson.dumps({"unit": place.units["D1"], "fixes": [fix]})


def window_of(place: Place, area: str, who: Who) -> bytes:
    """The first rows of an area's queue."""
    return orjson.dumps({"n": 1, "address": f"/duty/{area}", "offset": 0, "limit": 50})


def analysis_of(place: Place, area: str, who: Who) -> bytes:
    """The overview of an area."""
    return orjson.dumps({"address": f"/area/{area}"})


def callback_of(place: Place, area: str, who: Who) -> bytes:
    """What the server says of the address of an area."""
    values = {"pathname": f"/wall/{area}", "search": ""}
    asked = [{"id": "url", "property": name, "value": value} for name, value in values.items()]
    out = {"id": "view", "property": "data"}
    return orjson.dumps({"output": "view.data", "outputs": out, "inputs": asked, "changedPropIds": []})


def api(path: str, roles: frozenset[str], beyond: int | None = None, **other: object) -> Rule:
    """A route of the native API."""
    return Rule("key", roles, path, beyond=beyond, **other)  # type: ignore[arg-type]


def page(path: str, roles: frozenset[str], beyond: int | None = None, **other: object) -> Rule:
    """A page: whoever may not see it is told that it is not there."""
    return Rule("person", roles, path, beyond=beyond, refused=404, kind=FORM, **other)  # type: ignore[arg-type]


def door(path: str, status: int, **other: object) -> Rule:
    """What anybody may ask for."""
    return Rule("open", EVERYBODY, path, open_status=status, kind=FORM, **other)  # type: ignore[arg-type]


SPAN = "from_at=2020-01-01T00:00:00Z&to_at=2099-01-01T00:00:00Z"
MANY = [
    "/account", "/admin", "/alerts", "/audit", "/briefing", "/briefings", "/demo", "/field", "/login", "/logout",
    "/walls", "/welcome",
]  # fmt: skip
CLOSED = {"/account", "/admin", "/alerts", "/audit", "/briefing", "/briefings", "/field", "/logout", "/walls"}
SENT = {"kind": JSON}
HANGS = dict.fromkeys(("top", "right", "bottom", "left", "bezel", "shift"), "0") | {
    "programme": "", "columns": "1", "rows": "1", "dim": "100", "dim_from": "22:00", "dim_to": "06:00",
}  # fmt: skip
PROGRAMME = {"name": "p", "area": "{area}", "transition": "cut", "hold_s": "30"}
STEP = {"rev": "1", "area": "{area}", "dwell_s": "30", "days": "1", "from_min": "00:00", "to_min": "24:00"}
ROUTES: Mapping[str, Rule] = {
    "POST /api/v1/events": api("/api/v1/events", of("intake", "duty_officer", "shift_leader", "unit_member", "feed"),
                               200, body=event_at, said="is not an area of this city", **SENT),
    "POST /api/v1/actions": api("/api/v1/actions", OPENS - of("unit_head"), 200, body=action_on,
                                said="is not an event of this city", **SENT),
    "POST /api/v1/units": api("/api/v1/units", of("shift_leader", "centre_head", "feed"), 200, body=unit_at,
                              said="is not an area of this city", **SENT),
    "PUT /api/v1/units": api("/api/v1/units", of("shift_leader", "centre_head", "feed"), 200, body=unit_at,
                             said="is not an area of this city", **SENT),
    "POST /api/v1/positions": api("/api/v1/positions", of("unit_member", "feed"), 200, body=position_of,
                                  said="is not a unit of this city", **SENT),
    "POST /api/v1/quarantine/replay": api("/api/v1/quarantine/replay?limit=1", of("admin", "feed")),
    "GET /api/v1/events": api("/api/v1/events?area={area}", OPENS, 404),
    "GET /api/v1/events/{code}": api("/api/v1/events/{event}", OPENS, 404),
    "POST /api/v1/events/{code}/contact": api("/api/v1/events/{event}/contact", OPENS, 404, fine=(200, 403)),
    "GET /api/v1/alerts": api("/api/v1/alerts?area={area}", of("leader", "shift_leader", "centre_head"), 404),
    "GET /api/v1/alerts/mine": api("/api/v1/alerts/mine", STAFF),
    "POST /api/v1/alerts/{alert_id}/acknowledge": api("/api/v1/alerts/{alert}/acknowledge", STAFF, 404,
                                                      fine=(200, 403)),
    "GET /api/v1/surges": api("/api/v1/surges?area={area}", EVERYBODY, 404),
    "GET /api/v1/surges/past": api("/api/v1/surges/past?area={area}", EVERYBODY, 404),
    "POST /api/v1/surges/{surge_id}/judge": api("/api/v1/surges/{surge}/judge",
                                                of("leader", "shift_leader", "centre_head"), 404, body=surge_ruling,
                                                **SENT),
    "GET /api/v1/units": api("/api/v1/units", OPENS),
    "GET /api/v1/units/{code}/track": api("/api/v1/units/{unit}/track?" + SPAN, of("shift_leader", "centre_head"), 404),
    "GET /api/v1/areas": api("/api/v1/areas?area={area}", EVERYBODY, 404),
    "GET /api/v1/catalogue": api("/api/v1/catalogue", EVERYBODY),
    "GET /api/v1/quarantine": api("/api/v1/quarantine", of("admin", "feed"), once=True),
    "GET /api/v1/export/{name}": api("/api/v1/export/events.csv?area={area}",
                                     of("leader", "shift_leader", "centre_head"), 404),
    "POST /api/v1/roster": api("/api/v1/roster", of("shift_leader", "centre_head", "feed"), 200, body=shift_of,
                               said="is not a unit of this city", **SENT),
    "GET /lists/{name}": Rule("person", of("leader", "shift_leader", "centre_head"),
                              "/lists/list.csv?of=/list/{area}%3Ffigure=all", beyond=404, kind=FORM),
    "GET /briefing/{area:path}": page("/briefing/{area}?period=day:2026-11-02", STAFF, 404),
    "GET /briefings": page("/briefings?area={area}", STAFF, 404),
    "GET /briefings/open": page("/briefings/open?area=D1&kind=week&day=2026-11-02", STAFF, fine=(303,)),
    "GET /briefings/{name}": page("/briefings/briefing.xlsx?area={area}&period=day:2026-11-02",
                                  of("leader", "shift_leader", "centre_head"), 404),
    "GET /api/health": door("/api/health", 200),
    "GET /api/openapi.json": api("/api/openapi.json", EVERYBODY),
    "GET /api/docs": api("/api/docs", EVERYBODY),
    "GET /api/docs/{name}": api("/api/docs/swagger-ui.css", EVERYBODY),
    **{f"{m} /api/{{rest:path}}": api("/api/nothing", EVERYBODY, fine=(404,))
       for m in ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]},
    "GET /tiles/{build}/{archive}/{z}/{x}/{y}.mvt": page("/tiles/{build}/areas/8/203/105.mvt", NOT_FEED,
                                                          fine=(200, 204)),
    "GET /geo/{build}/children/{code:path}.json": page("/geo/{build}/children/{area}.json", NOT_FEED, 404),
    "GET /geo/{build}/own/{code:path}.json": page("/geo/{build}/own/{area}.json", NOT_FEED, 404),
    "GET /": page("/", NOT_FEED, fine=(303,)),
    "MOUNT /assets": door("/assets/theme.css", 200),
    "GET /_dash-component-suites/{package_name}/{fingerprinted_path:path}":
        door("/_dash-component-suites/no/no.js", 404),
    "GET /_dash-layout": page("/_dash-layout", NOT_FEED),
    "GET /_dash-dependencies": page("/_dash-dependencies", NOT_FEED),
    "POST /_dash-update-component": Rule("person", NOT_FEED, "/_dash-update-component", beyond=200, body=callback_of,
                                         said='"ok":false', **SENT),  # type: ignore[arg-type]
    "POST /windows/{what}": Rule("person", STAFF, "/windows/queue", beyond=404, body=window_of, kind=JSON),
    "POST /analysis/{what}": Rule("person", PEOPLE, "/analysis/period", beyond=404, refused=404, body=analysis_of,
                                  kind=JSON),
    "GET /_reload-hash": page("/_reload-hash", NOT_FEED),
    "GET /_favicon.ico": door("/_favicon.ico", 200),
    "GET {path:path}": page("/area/{area}", NOT_FEED, 200),
    "GET /login": door("/login", 200, fine=(200, 303)),
    "POST /login": door("/login", 401, body=form(login="nobody", password="nothing at all"), fine=(401,)),
    "GET /login/code": door("/login/code", 303, fine=(303,)),
    "POST /login/code": door("/login/code", 303, body=form(code="1"), fine=(303,)),
    "GET /login/oidc": door("/login/oidc", 404, fine=(404,)),
    "GET /login/oidc/back": door("/login/oidc/back?code=x&state=y", 404, fine=(404,)),
    "GET /welcome/{secret}": door("/welcome/nothing", 404, fine=(404,)),
    "POST /welcome/{secret}": door("/welcome/nothing", 404, body=form(password="x"), fine=(404,)),
    "GET /s": door("/s", 404, fine=(404,)),
    "GET /s/{secret}": door("/s/nothing", 404, fine=(404,)),
    "GET /s/{rest:path}": door("/s/no/thing", 404, fine=(404,)),
    "GET /f": door("/f", 404, fine=(404,)),
    "GET /f/{secret}": door("/f/nothing", 404, fine=(404,)),
    "GET /f/{rest:path}": door("/f/no/thing", 404, fine=(404,)),
    "GET /field": page("/field", MEMBER),
    "GET /field/manifest.webmanifest": page("/field/manifest.webmanifest", MEMBER),
    "GET /field/worker.js": page("/field/worker.js", MEMBER),
    "GET /field/tasks": Rule("person", MEMBER, "/field/tasks"),
    "POST /field/act": Rule("person", MEMBER, "/field/act", (422,), 422, body=field_act_on, kind=JSON,
                            said="is not an event of this city"),
    "POST /field/sign": Rule("person", MEMBER, "/field/sign", (422,), body=field_sign, kind=JSON),
    "POST /field/positions": Rule("person", MEMBER, "/field/positions", body=field_fix, kind=JSON),
    "POST /field/photo": Rule("person", MEMBER, "/field/photo", (422,), body=field_fix, kind=JSON),
    "GET /photos/{photo_id}": Rule("person", STAFF, "/photos/{photo}", beyond=404),
    "GET /demo": door("/demo", 200),
    "POST /demo": door("/demo", 422, body=form(role="feed", area="C"), fine=(422,)),
    "POST /logout": page("/logout", PEOPLE, fine=(303,), once=True),
    "POST /logout/everywhere": page("/logout/everywhere", PEOPLE, fine=(303,), once=True),
    "GET /account": page("/account", PEOPLE),
    "POST /account/tokens/{token_id:int}/end": page("/account/tokens/{token}/end", PEOPLE, 422, fine=(303, 422)),
    "POST /account/password": page("/account/password", PEOPLE, fine=(422,),
                                   body=form(old="x", password="y", again="y")),
    "GET /account/second-factor": page("/account/second-factor", PEOPLE),
    "POST /account/second-factor": page("/account/second-factor", PEOPLE, body=form(code="1"), fine=(200, 422)),
    "GET /admin/people": page("/admin/people", ADMIN),
    "POST /admin/people": page("/admin/people", ADMIN, 422, body=form(login="p.{n}", areas="{area}", roles="viewer")),
    "GET /admin/people/{login}": page("/admin/people/{person}", ADMIN, 404),
    "POST /admin/people/{login}": page("/admin/people/{person}", ADMIN, 404, fine=(303,),
                                       body=form(areas="D1", roles="viewer")),
    "POST /admin/people/{login}/end": page("/admin/people/{person}/end", ADMIN, 404, fine=(303,)),
    "POST /admin/people/{login}/invite": page("/admin/people/{person}/invite", ADMIN, 404),
    "POST /admin/people/{login}/forget-second-factor": page("/admin/people/{person}/forget-second-factor", ADMIN, 404),
    "GET /admin/screens": page("/admin/screens", SCREENS),
    "POST /admin/screens": page("/admin/screens", SCREENS, 422, body=form(login="s.{n}", areas="{area}", page="wall")),
    "POST /admin/screens/{login}/renew": page("/admin/screens/{screen}/renew", SCREENS, 404),
    "POST /admin/screens/{login}/end": page("/admin/screens/{screen}/end", SCREENS, 404, fine=(303,)),
    "GET /admin/screens/{login}": page("/admin/screens/{screen}", SCREENS, 404),
    "POST /admin/screens/{login}": page("/admin/screens/{screen}", SCREENS, 404, fine=(303,), body=form(**HANGS)),
    "GET /admin/programmes": page("/admin/programmes", SCREENS),
    "POST /admin/programmes": page("/admin/programmes", SCREENS, 422, fine=(303,), body=form(**PROGRAMME)),
    "GET /admin/programmes/{number:int}": page("/admin/programmes/{programme}", SCREENS, 404),
    "POST /admin/programmes/{number:int}": page("/admin/programmes/{programme}", SCREENS, 404, fine=(303,),
                                                body=form(**PROGRAMME, rev="1")),
    "POST /admin/programmes/{number:int}/end": page("/admin/programmes/{programme}/end", SCREENS, 404, fine=(303,)),
    "POST /admin/programmes/{number:int}/steps": page("/admin/programmes/{programme}/steps", SCREENS, 404, fine=(303,),
                                                      body=form(**STEP)),
    "POST /admin/programmes/{number:int}/steps/{n:int}": page("/admin/programmes/{programme}/steps/0", SCREENS, 404,
                                                              fine=(303,), body=form(act="remove", rev="1")),
    "GET /screen": page("/screen", of("screen")),
    "GET /walls": page("/walls", SCREENS),
    "POST /walls": page("/walls", SCREENS, 422, fine=(303,), body=push_to),
    "GET /walls/map/{area}": page("/walls/map/{area}", SCREENS, 404),
    "POST /walls/mirror": page("/walls/mirror", SCREENS, body=form(desk="d1", address="/area/D1")),
    "GET /admin/phones": page("/admin/phones", SCREENS),
    "POST /admin/phones/{login}/issue": page("/admin/phones/{member}/issue", SCREENS, 404),
    "POST /admin/phones/{login}/end": page("/admin/phones/{member}/end", SCREENS, 404, fine=(303,)),
    "GET /admin/feeds": page("/admin/feeds", ADMIN),
    "POST /admin/feeds": page("/admin/feeds", ADMIN, 422, body=form(login="f.{n}", areas="{area}", scopes="read")),
    "GET /admin/feeds/{login}": page("/admin/feeds/{feed}", ADMIN, 404),
    "POST /admin/feeds/{login}": page("/admin/feeds/{feed}", ADMIN, 404, fine=(303,),
                                      body=form(areas="D1", scopes="read")),
    "POST /admin/feeds/{login}/end": page("/admin/feeds/{feed}/end", ADMIN, 404, fine=(303,)),
    "POST /admin/feeds/{login}/key": page("/admin/feeds/{feed}/key", ADMIN, 404),
    "POST /admin/feeds/{login}/keys/{token_id:int}/end": page("/admin/feeds/{feed}/keys/{feed_token}/end", ADMIN, 404,
                                                              fine=(303,)),
    "GET /admin/quarantine": page("/admin/quarantine", ADMIN),
    "GET /admin/quarantine/export.csv": page("/admin/quarantine/export.csv", ADMIN),
    "POST /admin/quarantine/replay": page("/admin/quarantine/replay", ADMIN, body=form(ids="1")),
    "GET /admin/rights": page("/admin/rights", ADMIN),
    "GET /alerts": page("/alerts?area={area}", of("leader", "shift_leader", "centre_head"), 404),
    "GET /audit": page("/audit", of("auditor")),
    "GET /audit/export.csv": page("/audit/export.csv", of("auditor")),
    **{f"{m} {top}{end}": (page(top + "/no-thing", NOT_FEED, fine=(404,)) if top in CLOSED
                           else door(top + "/no/thing", 404, fine=(404,)))
       for m in ("GET", "POST") for top in MANY for end in ("", "/{rest:path}")
       if f"{m} {top}{end}" not in {"GET /login", "POST /login", "GET /demo", "POST /demo", "POST /logout",
                                    "GET /account", "GET /alerts", "GET /audit", "GET /field", "GET /walls",
                                    "POST /walls"}},
}  # fmt: skip
SOCKETS: Mapping[str, str] = {
    "/live": "every person and screen, each in its reach; no key, no phone's link",
    "/field/live": "unit members, by session or phone's link: that something is new about the own unit's tasks",
}
CALLBACKS: Mapping[str, str] = {
    "view.data": "see", "search-found.data": "see", "selection.data": "see",
    "contact.data": "open_events", "step.data": "open_events",
    "views.data": "open_events", "batch.data": "open_events", "candidates.data": "open_events",
}  # fmt: skip
WINDOWS: Mapping[str, tuple[str, frozenset[str], str]] = {
    "queue": ("open_events", STAFF, "duty"), "units": ("see_units", STAFF, "units"),
    "list": ("see", NOT_FEED, "list"), "grids": ("see_units", STAFF, "grids"),
}  # fmt: skip
"""Of each windowed list: the right, who has it, and the page that it belongs to."""
SECTIONS: Mapping[str, str] = {
    "title": "names and codes of the area and of those above it", "extent": "where the area lies",
    "kpi": "counts", "all_time": "counts",
    "classes": "counts", "curve": "counts", "feed": "codes, kinds, places", "rate": "a rate",
    "ranking": "the children", "worst": "codes, kinds, places", "ticker": "kinds, places, counts, names of feeds",
    "feeds": "names of feeds", "filters": "counts", "queue": "counts",
    "surges": "staff only: kinds, places, counts, who judged and why",
    "alerts": "staff only: codes, kinds, places, roles, who answered", "coverage": "counts",
}  # fmt: skip
STAFF_SECTIONS = {"alerts", "surges"}
LAYERS: Mapping[str, str] = {
    "areas": "the children", "boundaries": "nothing", "density": "places of events", "events": "codes and places",
    "coverage": "the children", "labels": "names of the children", "surges": "names of areas, classes, counts",
    "units": "places; codes for the staff only",
}  # fmt: skip
DOWNLOADS: Mapping[str, tuple[str, ...]] = dict.fromkeys(("list", "units", "grids"), ("csv", "geojson", "xlsx"))
EXPORTS: Mapping[str, tuple[str, ...]] = {
    "areas": (".csv", ".geojson", ".gpkg"), "events": (".csv", ".geojson", ".gpkg"),
    "units": (".csv", ".geojson", ".gpkg"),
}  # fmt: skip
