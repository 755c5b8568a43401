"""The address of a web server of ours: where it listens, and what a browser opens."""

import ipaddress
import socket

from monitor.errors import UnreachableError

_UNSENT_BYTES = 131_072


def web_address(host: str, port: int) -> str:
    """`http://host:port` for a server that listens there.

    A server that listens on all addresses of this machine (`0.0.0.0`, `::`, "") is opened by the machine's host name:
    nothing can be reached at 0.0.0.0 itself.
    """
    name = host.strip("[]")
    if _is_everywhere(name):
        name = socket.gethostname()
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, `::` also for IPv4 where the system can. port: 0 for any free one.

    Raises UnreachableError when the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    try:
        listener = socket.create_server((host.strip("[]"), port), family=family, backlog=256, dualstack_ipv6=both)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Else the system holds megabytes that a slow reader has not taken, all of them old. Connections inherit it.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        return listener
    except OSError as error:
        raise UnreachableError(
            f"{host}:{port} to listen on",
            error.strerror or str(error),
            "Choose another with MONITOR_DASHBOARD__HOST and MONITOR_DASHBOARD__PORT",
        ) from error


def _is_everywhere(name: str) -> bool:
    try:
        return not name or ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False
