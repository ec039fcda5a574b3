"""The containers' part of ``kubectl describe pod``.

Source: describeContainers in k8s.io/kubectl/pkg/describe/describe.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pausedemo.core.kubectl.objects import KubeObject, entries, join, parse_time, pick, table, text
from pausedemo.core.values.quantities import parse_quantity

_TITLES: Final = {
    "initContainers": ("Init Containers", "initContainerStatuses"),
    "containers": ("Containers", "containerStatuses"),
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def describe_containers(pod: KubeObject, key: str) -> Iterator[str]:
    """The lines of ``containers`` or ``initContainers``; none for a pod without any."""
    title, statuses_key = _TITLES[key]
    containers = entries(pod, "spec", key)
    statuses = {status["name"]: status for status in entries(pod, "status", statuses_key)}
    if containers:
        yield f"{title}:"
    for container in containers:
        yield from _describe(pod, container, statuses.get(container["name"]))


def render_rfc1123(written: str) -> str:
    """A time of the API as ``Mon, 02 Jan 2006 15:04:05 -0700``: in local time, in English."""
    time = parse_time(written)
    if time is None:
        # Go's zero time: that of what never was.
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    local = time.astimezone()
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day}, {local.day:02} {month} {local.year:04} {local:%H:%M:%S %z}"


def _describe(pod: KubeObject, container: KubeObject, status: KubeObject | None) -> Iterator[str]:
    yield f"  {container['name']}:"
    if status is not None:
        yield f"    Container ID:\t{text(status, 'containerID')}"
    yield f"    Image:\t{text(container, 'image')}"
    if status is not None:
        yield f"    Image ID:\t{text(status, 'imageID')}"
    yield from _ports(container)
    if profile := text(container, "securityContext", "seccompProfile", "type"):
        yield f"    SeccompProfile:\t{profile}"
    for title, key in (("Command", "command"), ("Args", "args")):
        words = entries(container, key)
        if words:
            yield f"    {title}:"
            yield from (f"      {line}" for word in words for line in str(word).split("\n"))
    if status is not None:
        yield from _state("State", table(status, "state"))
        if pick(status, "lastState", "terminated") is not None:
            yield from _state("Last State", table(status, "lastState"))
        yield f"    Ready:\t{bool(status.get('ready'))}"
        yield f"    Restart Count:\t{status.get('restartCount', 0)}"
    yield from _resources(container)
    for title in ("liveness", "readiness", "startup"):
        probe = table(container, f"{title}Probe")
        if probe:
            yield f"    {title.capitalize()}:\t{render_probe(probe)}"
    yield from _environment(pod, container)
    yield from _mounts(container)


def _ports(container: KubeObject) -> Iterator[str]:
    for title, key in (("Port", "containerPort"), ("Host Port", "hostPort")):
        written = []
        for port in entries(container, "ports"):
            name = f" ({port['name']})" if port.get("name") else ""
            written.append(f"{port.get(key, 0)}/{port.get('protocol', 'TCP')}{name}")
        plural = "s" if len(written) > 1 else ""
        yield f"    {title}{plural}:\t{', '.join(written) or '<none>'}"


def _state(title: str, state: KubeObject) -> Iterator[str]:
    running, ended = state.get("running"), state.get("terminated")
    if running is not None:
        yield f"    {title}:\tRunning"
        yield f"      Started:\t{render_rfc1123(text(running, 'startedAt'))}"
    elif ended is not None:
        yield f"    {title}:\tTerminated"
        if reason := text(ended, "reason"):
            yield f"      Reason:\t{reason}"
        if message := text(ended, "message"):
            yield f"      Message:\t{message}"
        yield f"      Exit Code:\t{ended.get('exitCode', 0)}"
        if signal := ended.get("signal"):
            yield f"      Signal:\t{signal}"
        yield f"      Started:\t{render_rfc1123(text(ended, 'startedAt'))}"
        yield f"      Finished:\t{render_rfc1123(text(ended, 'finishedAt'))}"
    else:
        yield f"    {title}:\tWaiting"
        if reason := text(state, "waiting", "reason"):
            yield f"      Reason:\t{reason}"


def _resources(container: KubeObject) -> Iterator[str]:
    for title, key in (("Limits", "limits"), ("Requests", "requests")):
        amounts = table(container, "resources", key)
        if amounts:
            yield f"    {title}:"
            yield from (f"      {name}:\t{amounts[name]}" for name in sorted(amounts))


def render_probe(probe: KubeObject) -> str:
    """A probe in one line. Source: DescribeProbe there."""
    timing = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={probe.get('periodSeconds', 10)}s #success={probe.get('successThreshold', 1)} "
        f"#failure={probe.get('failureThreshold', 3)}"
    )
    if (action := probe.get("exec")) is not None:
        return f"exec [{' '.join(entries(action, 'command'))}] {timing}"
    if (action := probe.get("httpGet")) is not None:
        scheme, path = text(action, "scheme") or "HTTP", text(action, "path") or "/"
        host = f"{text(action, 'host')}:{text(action, 'port')}"
        return f"http-get {scheme.lower()}://{host}{path} {timing}"
    if (action := probe.get("tcpSocket")) is not None:
        return f"tcp-socket {text(action, 'host')}:{text(action, 'port')} {timing}"
    if (action := probe.get("grpc")) is not None:
        return f"grpc <pod>:{text(action, 'port')} {text(action, 'service')} {timing}"
    return f"unknown {timing}"


def _environment(pod: KubeObject, container: KubeObject) -> Iterator[str]:
    sources = entries(container, "envFrom")
    if sources:
        yield "    Environment Variables from:"
    for source in sources:
        kind = "ConfigMap" if source.get("configMapRef") is not None else "Secret"
        reference = table(source, "configMapRef") or table(source, "secretRef")
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        optional = _optional(reference)
        yield f"      {text(reference, 'name')}\t{kind}{prefix}\tOptional: {optional}"
    variables = entries(container, "env")
    yield "    Environment:" if variables else "    Environment:\t<none>"
    for variable in variables:
        lines = _value(pod, container, variable).split("\n")
        yield f"      {variable['name']}:\t{lines[0]}"
        yield from (f"      \t{line}" for line in lines[1:])


def _value(pod: KubeObject, container: KubeObject, variable: KubeObject) -> str:
    source = table(variable, "valueFrom")
    if (field := source.get("fieldRef")) is not None:
        path = text(field, "fieldPath")
        version = text(field, "apiVersion") or "v1"
        return f"{_read_field(pod, path)} ({version}:{path})"
    if (resource := source.get("resourceFieldRef")) is not None:
        return f"{_read_resource(container, resource)} ({text(resource, 'resource')})"
    if (secret := source.get("secretKeyRef")) is not None:
        key, name = text(secret, "key"), text(secret, "name")
        return f"<set to the key '{key}' in secret '{name}'>\tOptional: {_optional(secret)}"
    if (config := source.get("configMapKeyRef")) is not None:
        key, name = text(config, "key"), text(config, "name")
        return f"<set to the key '{key}' of config map '{name}'>\tOptional: {_optional(config)}"
    return text(variable, "value")


def _read_field(pod: KubeObject, path: str) -> str:
    # kubectl knows these two alone, and leaves all others blank, the metadata's as well: its
    # scheme has no field labels of pods. Source: EnvValueRetriever there;
    # DefaultMetaV1FieldSelectorConversion in k8s.io/apimachinery/pkg/runtime/conversion.go.
    known = path in ("metadata.name", "metadata.namespace")
    return text(pod, *path.split(".")) if known else ""


def _read_resource(container: KubeObject, reference: KubeObject) -> str:
    """The container's own amount in units of the divisor, rounded up.

    kubectl asks the container that is described, also where containerName names another.
    Source: ExtractContainerResourceValue in k8s.io/kubectl/pkg/util/resource/resource.go.
    """
    resource = text(reference, "resource")
    kind, _, name = resource.partition(".")
    amount = parse_quantity(text(container, "resources", kind, name) or "0")
    divisor = parse_quantity(text(reference, "divisor") or "0")
    if not divisor.amount:
        divisor = parse_quantity("1")
    if name == "cpu":
        units = -(-amount.milli_value // divisor.milli_value)
    else:
        units = -(-amount.value // divisor.value)
    unlimited = not units and resource in ("limits.cpu", "limits.memory")
    return "node allocatable" if unlimited else str(units)


def _mounts(container: KubeObject) -> Iterator[str]:
    mounts = sorted(entries(container, "volumeMounts"), key=lambda one: text(one, "mountPath"))
    yield "    Mounts:" if mounts else "    Mounts:\t<none>"
    for mount in mounts:
        flags = ["ro" if mount.get("readOnly") else "rw"]
        if mount.get("subPath"):
            flags.append(f'path="{mount["subPath"]}"')
        yield f"      {mount['mountPath']} from {mount['name']} ({join(flags)})"


def _optional(reference: KubeObject) -> str:
    return str(bool(reference.get("optional"))).lower()
