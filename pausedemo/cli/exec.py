"""``pausedemo exec``: a command in a pod's container."""

from __future__ import annotations

import contextlib
import sys

import click

from pausedemo.cli.cluster import container_option, namespace_option, open_cluster
from pausedemo.cli.complete_objects import complete_pods
from pausedemo.cli.options import engine_option
from pausedemo.errors import EngineError, Refused


@click.command("exec")
@click.argument("pod_name", default="", metavar="POD", shell_complete=complete_pods)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND")
@container_option
@click.option("-i", "--stdin", is_flag=True, help="Give it our standard input.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Only what the command writes.")
@namespace_option
@engine_option
def run(
    pod_name: str,
    command: tuple[str, ...],
    container: str,
    stdin: bool,
    tty: bool,
    quiet: bool,
    namespace: str,
    engine: str,
) -> int:
    """Run a command in a container of a pod; exits with its exit code.

    With -it it has the terminal, and follows its size.
    """
    from pausedemo.cli.terminal import copy_output, feed_input, raw_terminal, told_size
    from pausedemo.core.kubectl.choice import choose_container, find_running

    if not pod_name:
        raise Refused("error: pod or type/name must be specified")
    if not command:
        raise Refused("error: you must specify at least one command for the container")
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(open_cluster(engine))
        pod = cluster.get_pod(pod_name, namespace)
        choice = choose_container(pod, container)
        if choice.notice and not quiet:
            click.echo(choice.notice, err=True)
        container_id = find_running(pod, choice.name)
        if tty and not (stdin and sys.stdin.isatty()):
            tty = False
            if not quiet and stdin:
                click.echo(
                    "Unable to use a TTY - input is not a terminal or the right kind of file",
                    err=True,
                )
        try:
            stream = stack.enter_context(
                cluster.engine.exec_stream(container_id, command, stdin=stdin, tty=tty)
            )
        except EngineError as error:
            raise Refused(
                f"error: Internal error occurred: error executing command in container: "
                f"{error.message}"
            ) from error
        with contextlib.ExitStack() as terminal:
            if tty:
                terminal.enter_context(raw_terminal())
                terminal.enter_context(told_size(stream.resize))
            if stdin:
                feed_input(stream)
            copy_output(stream)
        code = stream.exit_code()
    if code and not quiet:
        click.echo(f"command terminated with exit code {code}", err=True)
    return code
