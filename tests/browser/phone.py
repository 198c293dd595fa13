"""A unit's phone in a real browser, 390 by 844: where tests touch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Geolocation,
    Locator,
    Page,
    Request,
    WebSocketRoute,
    expect,
)

from callbacks.room import Room
from geodata.intake.door import now_ms
from geodata.services import phones
from geodata.services.actors import Actor
from tests.factories.pictures import photograph

OPERATOR = Actor.operator()
HERE = Geolocation(latitude=29.55, longitude=106.45, accuracy=15)


def link_of(room: Room, login: str) -> str:
    """The secret of a new link of an account's phone."""
    return phones.issue(room.access, OPERATOR, room.situation.tree, login, now_ms())[1]


@dataclass
class Phone:
    """A phone on the field page, and what went wrong on it."""

    context: BrowserContext
    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browser: Browser, room: Room, base: str, login: str = "phone.u1", *, clock: bool = False,
           line: Callable[[WebSocketRoute], None] | None = None) -> Phone:  # fmt: skip
        """The phone of an account, on the field page by its link. ``clock``: the test moves the time on; ``line``: it
        answers instead of the server where the phone wants a line."""
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True, is_mobile=True, geolocation=HERE,
            permissions=["geolocation"],
        )  # fmt: skip
        context.set_default_timeout(30_000)
        phone = cls(context, context.new_page(), base)
        phone.page.on("console", phone._said)
        phone.page.on("pageerror", lambda e: phone.wrong.append(f"page error: {e}"))
        phone.page.on("request", phone._asked)
        if clock:
            phone.page.clock.install()
        if line:
            phone.page.add_init_script("Math.random = () => 0.5")  # it waits as long each time
            phone.page.route_web_socket("**/field/live", line)
        phone.open(link_of(room, login))
        return phone

    def open(self, secret: str) -> None:
        """Open a link."""
        self.page.goto(f"{self.base}/f/{secret}")
        expect(self.page).to_have_url(f"{self.base}/field")

    def show(self, yes: bool) -> None:
        """Put the page behind others, or before them; a browser without a screen does neither by itself."""
        self.page.evaluate(
            """(hidden) => {
              Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            not yes,
        )

    def hears(self, yes: bool = True) -> None:
        """Wait until it has its line to the server, or none."""
        self.page.wait_for_function(f"() => window.field.line.alive() === {str(yes).lower()}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, "blob:", "data:")):
            self.wrong.append(f"leaves this machine: {request.url}")

    def task(self, code: str) -> Locator:
        """The card of a task."""
        return self.page.locator(f".task[data-code='{code}']")

    def act(self, code: str, action: str) -> None:
        """Touch a step."""
        self.task(code).locator(f"[data-act={action}]").click()

    def sign_on(self) -> None:
        """Sign on, agreeing to the text about positions."""
        self.page.get_by_role("button", name="签到上岗").click()
        self.page.get_by_role("button", name="同意并签到").click()
        expect(self.page.locator("#duty")).to_have_attribute("data-on", "true")

    def shoot(self, where: Locator, name: str = "now.jpg") -> None:
        """Take a photo."""
        with self.page.expect_file_chooser() as chosen:
            where.click()
        chosen.value.set_files({"name": name, "mimeType": "image/jpeg", "buffer": photograph(2400, 1800)})

    def bodies(self, path: str) -> list[bytes]:
        """What it sends to this path from now on."""
        sent: list[bytes] = []
        self.page.on("request", lambda r: sent.append(r.post_data_buffer or b"") if r.url.endswith(path) else None)
        return sent

    def too_small(self) -> list[object]:
        """What there is to touch and too low for a thumb, and whatever is wider than the screen."""
        found: list[object] = self.page.evaluate(
            """() => {
              const sheet = document.querySelector("dialog[open]");
              const all = (sheet || document).querySelectorAll("button, a[href], textarea, select");
              const low = Array.from(all).filter((n) => n.offsetParent)
                .map((n) => [n.textContent, n.getBoundingClientRect().height]).filter(([, h]) => h < 48);
              const wide = [sheet, document.documentElement].filter((n) => n && n.scrollWidth > 390)
                .map((n) => n.tagName);
              return [...low, ...wide];
            }"""
        )
        return found

    def ready_for_a_dead_zone(self) -> None:
        """The shell is on the shelf and the worker answers for this page."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        self.page.wait_for_function("() => window.field.told && window.field.told.heard")
