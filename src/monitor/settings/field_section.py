"""How a record is read, as an operator writes it: `kind` and `fields` of a feed file and of an MQTT topic.

`monitor.feeds.field_spec` says what each key means. A key that is left out is not sent on: the defaults stand there,
once.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from monitor.feeds.expression import ExpressionError, compiled
from monitor.feeds.field_spec import FIELDS, KINDS
from monitor.feeds.timestamps import UNITS
from monitor.settings.section import Section


def _expression(text: str) -> str:
    try:
        compiled(text)
    except ExpressionError as error:
        raise ValueError(f"a JMESPath expression ({error})") from None
    return text


def _one_of(allowed: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return AfterValidator(check)


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
KindName = Annotated[str, _one_of(KINDS)]
FieldName = Annotated[str, _one_of(FIELDS)]


class FieldSection(Section):
    """One field; a text alone is its path."""

    path: Expression | None = None
    by_kind: dict[KindName, Expression] = Field(default_factory=dict)
    map: dict[str, str] = Field(default_factory=dict)
    else_mid: tuple[Expression, Expression] | None = None
    unit: Annotated[str, _one_of(UNITS)] = "auto"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"path": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_place(self) -> "FieldSection":
        if (self.path is None) == (not self.by_kind):
            raise ValueError("an expression, or a table with either path or by_kind")
        return self


class KindSection(Section):
    """What a record is; a text alone is the name of its kind."""

    name: KindName | None = None
    path: Expression | None = None
    map: dict[str, KindName] = Field(default_factory=dict)
    rules: tuple[tuple[Expression, KindName], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_way(self) -> "KindSection":
        if sum((self.name is not None, self.path is not None, bool(self.rules))) != 1 or (
            (self.path is None) != (not self.map)
        ):
            raise ValueError("a kind, {path, map}, or {rules}")
        return self
