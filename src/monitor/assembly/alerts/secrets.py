"""Where the alert file's secrets are looked up: here and nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path

from monitor.core.alerts.channels.kinds import Secret
from monitor.core.placeholder import is_placeholder
from monitor.errors import ConfigError
from monitor.runtime import logs
from monitor.settings.refusal import REDACTED


def resolve(secret: Secret, where: str, key: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text of a secret; from now on no log line shows it.

    where: the alert file. key: dotted, `channel.desk.url`; both for refusals, which never repeat what was found.
    Raises ConfigError when there is none, or still the placeholder of a template.
    """
    if secret.value is not None:
        text = secret.value
    elif secret.env is not None:
        text = environ.get(secret.env, "").strip()
    else:
        assert secret.file is not None
        try:
            text = Path(secret.file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise ConfigError(where, key, f"no readable {secret.place}", "a file with the secret") from error
    if not text:
        raise ConfigError(where, key, "nothing", "a secret", f"Set it in the {secret.place}.")
    if is_placeholder(text):
        hint = f"Put the real one into the {secret.place}."
        raise ConfigError(where, key, REDACTED, "a secret, not the placeholder of a template", hint)
    logs.hide([text])
    return text
