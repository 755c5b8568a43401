"""What every table of every configuration file has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of settings: unknown keys are errors, values never change after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
