"""Where the specification's vectors, fixtures and data lie: a folder `shared` beside the repository."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs ../shared (vectors, fixtures and data) beside the repository"
)
