"""Which certificates a channel trusts."""

import ssl
from pathlib import Path


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """A context that checks certificates and names. ca_file: PEM file of the authorities to trust, None for the
    system's. Raises ValueError when it holds no readable certificate."""
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError) as unreadable:
        raise ValueError(f"ca_file {ca_file} holds no readable certificate: {unreadable}") from unreadable
