"""Which addresses never leave this machine: clear text, missing tokens and unchecked certificates are allowed there."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether `host` can only be reached from this machine: localhost, 127.0.0.0/8 or ::1, in brackets too. A name is
    never resolved; "" is no host."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
