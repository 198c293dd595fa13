"""``make soak``: the hour on demand; its table goes to docs/reliability.md, its samples to data/soak."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from geodata.store.folder import DataFolder
from tests.browser.map_browser import chromium
from tests.soak.bars import BARS, HOUR
from tests.soak.city import build
from tests.soak.soak import findings, soak
from tests.soak.telling import table, write_down
from tests.soak.walls import INTERPRETED

DOCS = Path("docs/reliability.md")


def main(
    data: Annotated[Path, typer.Option(help="The folder of cities and samples.")] = Path("data/soak"),
    minutes: Annotated[float, typer.Option(help="How long, the warm-up included.")] = 70,
    full: Annotated[bool, typer.Option(help="The full-size city instead of the small one.")] = False,
    note: Annotated[str, typer.Option(help="What is to be known of the machine.")] = "",
    docs: Annotated[bool, typer.Option(help="Write the table into docs/reliability.md.")] = True,
) -> None:
    """Soak the demo city, and end with 1 where a bar is broken."""
    plan = replace(HOUR, lasts_s=60 * minutes, warm_up_s=min(HOUR.warm_up_s, 60 * minutes / 3))
    folder = DataFolder(data / ("full" if full else "small"))
    data.mkdir(parents=True, exist_ok=True)
    build(folder, not full)
    with chromium(INTERPRETED) as browser:
        raw = data / time.strftime("%Y%m%d-%H%M%S.csv", time.gmtime())
        samples = soak(browser, folder, plan, small=not full, raw=raw)
    found = findings(samples, plan, BARS)
    told = table(found, plan, "full-size city" if full else "small city", note)
    print(told)
    if docs:
        write_down(DOCS, told)
    raise typer.Exit(int(any(f.verdict == "FAILS" for f in found)))


if __name__ == "__main__":
    typer.run(main)
