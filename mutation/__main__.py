"""``python -m mutation``: show every scenario a lying engine, and see who notices.

Exits with 0 when every mutation is caught, or tolerated where it is to be, and every scenario
caught one; with 1 when not.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from mutation.bad_pause import BadPause
from mutation.findings import Finding, How
from mutation.matrix import run_matrix
from mutation.play import Ground
from mutation.report import render_document
from mutation.table import find_mutations
from pausedemo.core.verdicts.results import ImageUse
from pausedemo.engine.connect import connect
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError, UsageError, exit_code
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.kubelet.cleanup import remove_left_behind
from pausedemo.scenario.library import list_names, load_scenarios
from pausedemo.scenario.session import images_of
from pausedemo.signals import signals_as_errors

_UNIX: Final = "unix://"


@click.command()
@click.argument("names", nargs=-1, metavar="[MUTATION...]")
@click.option("--engine", default="auto", show_default=True, metavar="auto|docker|podman|URL")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME|FILE", help="Only these.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--until-caught", is_flag=True, help="Leave a mutation when somebody caught it.")
@click.option(
    "--document",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the table to this Markdown file.",
)
@click.pass_context
def main(
    context: click.Context,
    names: tuple[str, ...],
    engine: str,
    scenarios: tuple[str, ...],
    jobs: int,
    until_caught: bool,
    document: Path | None,
) -> None:
    """Play scenarios under each MUTATION, or all of them."""
    try:
        mutations = find_mutations(names)
        loaded = load_scenarios(scenarios or list_names())
        files = {scenario.name: Path(scenario.source) for scenario in loaded}
        with signals_as_errors():
            connected = connect(engine)
            remove_left_behind(connected, kept_too=False, unknown_too=False)
            try:
                wanted = sorted(set().union(*map(images_of, loaded)))
                ground = Ground(_socket_of(connected), _find_images(connected, wanted))
                found = run_matrix(
                    mutations,
                    files,
                    ground,
                    jobs=jobs,
                    complete=not until_caught,
                    tell=_tell,
                )
            finally:
                # Of workers that were killed.
                remove_left_behind(connected, kept_too=False, unknown_too=False)
                for bad in BadPause:
                    connected.remove_image(bad.reference)
            about = connected.describe()
            connected.close()
    except (PausedemoError, KeyboardInterrupt) as error:
        click.echo(f"mutation: {error or 'interrupted'}", err=True)
        context.exit(exit_code(error))
    if document is not None:
        document.write_text(render_document(found, loaded, about, datetime.now(UTC)))
    problems = found.problems()
    for problem in problems:
        click.echo(problem)
    played = sum(finding.how is not How.UNTOUCHED for finding in found.findings)
    click.echo(
        f"{len(mutations)} mutations, {len(files)} scenarios, {played} played: "
        f"{len(problems) or 'no'} problem{'s' * (len(problems) != 1)}"
    )
    context.exit(1 if problems else 0)


def _socket_of(engine: Engine) -> str:
    if not engine.url.startswith(_UNIX):
        raise UsageError(f"{engine.url} cannot be lied for: only an engine on a unix socket can")
    return engine.url.removeprefix(_UNIX)


def _find_images(engine: Engine, names: list[str]) -> dict[str, ImageUse]:
    resolver = ImageResolver(engine, Policy.LOCAL)
    return {
        image.wanted: ImageUse(image.wanted, image.used, image.substitute)
        for image in resolver.resolve_all(names)
    }


def _tell(finding: Finding) -> None:
    where = f" at {finding.step!r}: {finding.said}" if finding.step else f" {finding.said}"
    told = f"{finding.told} lies" if finding.told != 1 else "1 lie"
    line = (
        f"{finding.duration_s:5.1f} s  {finding.mutation}: {finding.scenario} "
        f"{finding.how} ({told}){where}"
    )
    click.echo(" ".join(line.split())[:200], file=sys.stderr)


if __name__ == "__main__":
    main()
