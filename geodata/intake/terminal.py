"""The terminal: options that commands share, progress bars, and what goes wrong as a sentence and an exit code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from geodata.boundaries.edition import Progress as Tell
from geodata.services.access import Access
from geodata.services.actors import NotAllowedError
from geodata.services.sealing import ENV
from geodata.store import settings
from geodata.store.engine import Store, StoreError
from geodata.store.folder import DataFolder

say = Console(stderr=True, highlight=False)
Data = Annotated[Path, typer.Option(help="The city's data folder.", file_okay=False)]
Database = Annotated[str, typer.Option(help="postgresql+psycopg://…; without it the folder's SQLite file.")]


def stop(message: str) -> NoReturn:
    """Say what is wrong and what to do, and end with code 1."""
    say.print(f"[bold red]✗[/] {escape(message)}")
    raise typer.Exit(1)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what is expected to go wrong into a sentence and an exit code."""
    try:
        yield
    except (StoreError, NotAllowedError, OSError, ValueError) as error:
        stop(str(error))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on the terminal."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=say) as shown:
        yield shown


def stages(shown: Progress) -> Tell:
    """One bar for each stage of a long work, as it is told of."""
    bars: dict[str, TaskID] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = shown.add_task(stage)
        shown.update(bars[stage], completed=done, total=total)

    return tell


def whole(shown: Progress, title: str) -> Callable[[str, float], None]:
    """One bar for a long work that tells its share."""
    bar = shown.add_task(title, total=1.0)
    return lambda stage, share: shown.update(bar, completed=share, description=f"{title}: {stage}")


def writing(store: Store, folder: DataFolder) -> Store:
    """The store, of which the audit covers what is written from here on; ends the command where it cannot sign so."""
    access = Access.open(store, folder)
    with store.read() as conn:
        fits = access.audit.fits(conn)
    if not fits:
        stop(f"The audit is signed with another key than {folder.secret_key} or {ENV} hold, or its head was touched; "
             "see: python app.py check audit --help")  # fmt: skip
    return store


def existing(folder: DataFolder, database: str) -> Store:
    """The store of a city that is there with its areas; ends the command where it is not."""
    if not database and not Path(folder.database_url.removeprefix("sqlite:///")).exists():
        stop(f"There is no city in {folder.root}.")
    store = Store.open(database or folder.database_url)
    with store.read() as conn:
        built = settings.get(conn, settings.AREAS_BUILD)
    if built is None:
        stop(f"There are no areas in {folder.root} yet. Import them first: python app.py import areas --help")
    return store
