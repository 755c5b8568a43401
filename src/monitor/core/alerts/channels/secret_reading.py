"""References to secrets as tables hold them: `<key>_env` names a variable, `<key>_file` a file."""

import re

from monitor.core.alerts.channels.kinds import Secret
from monitor.core.alerts.rules.refusal import RefusedError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_PATH = re.compile(r"://|^xox[a-z]-")


def read_secret(key: str, *, env: str | None, file: str | None, value: str | None = None) -> Secret | None:
    """The secret of `key`, None when there is none. value: the secret itself, handed in by an override.

    Raises RefusedError for two places at once, and for what looks like the secret where its place belongs; that is not
    repeated.
    """
    given = [part for part in (value, env, file) if part is not None]
    if not given:
        return None
    if len(given) > 1:
        raise RefusedError(f"{key}_env", f"give one of {key}_env and {key}_file, not both")
    if env is not None and _VARIABLE.fullmatch(env) is None:
        reason = "must be the name of a variable, not what is in it: letters, digits, underscores"
        raise RefusedError(f"{key}_env", reason)
    if file is not None and (not file.strip() or _NO_PATH.search(file)):
        raise RefusedError(f"{key}_file", "must be the path of a file, not what is in it")
    return Secret(env=env, file=file, value=value)
