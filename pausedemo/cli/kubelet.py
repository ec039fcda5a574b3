"""``pausedemo kubelet``: look after all pods of an engine, in the foreground."""

from __future__ import annotations

import contextlib
import threading

import click

from pausedemo.cli.options import engine_option, images_option, install_option


@click.command()
@engine_option
@images_option
@install_option
def kubelet(engine: str, policy: str) -> None:
    """Keep all pods of an engine alive, by Kubernetes' own rules.

    Tells what it does, one line for each event, until Ctrl-C; the pods live on then, and the next
    kubelet goes on with them. Where one runs already, another stands by and takes over when it
    ends.
    """
    from pausedemo.cli.terminal import terminal_columns
    from pausedemo.clock import SystemClock
    from pausedemo.core.pods.kubeletline import render_event_line
    from pausedemo.core.pods.pod import Pod
    from pausedemo.core.pods.podevent import PodEvent
    from pausedemo.engine.connect import connect
    from pausedemo.images.resolve import Policy
    from pausedemo.kubelet.service.kubelet import Kubelet
    from pausedemo.signals import signals_as_calls

    lock = threading.Lock()

    def say(text: str) -> None:
        with lock:
            click.echo(text)

    def hear(pod: Pod, event: PodEvent) -> None:
        say(render_event_line(pod, event, terminal_columns()))

    clock = SystemClock()
    with contextlib.closing(connect(engine)) as connected:
        one = Kubelet(
            connected,
            clock,
            hear=hear,
            say=lambda text: say(f"{clock.now().astimezone():%H:%M:%S}  kubelet: {text}"),
            policy=Policy(policy),
        )
        # Not as an exception: what is under way is to be ended, and nothing to be undone.
        with signals_as_calls(one.stop):
            one.run()
