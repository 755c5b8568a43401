"""What became of one case of a vector file."""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"


class CaseResult(msgspec.Struct, frozen=True):
    """One case. id: as in the file. message: why it did not pass, "" when it did; for an unsupported case the suite and
    operation that are missing."""

    id: str
    status: Status
    message: str = ""

    @classmethod
    def passed(cls, case_id: str) -> "CaseResult":
        return cls(case_id, Status.PASSED)

    @classmethod
    def failed(cls, case_id: str, message: str) -> "CaseResult":
        return cls(case_id, Status.FAILED, message)

    @classmethod
    def unsupported(cls, case_id: str, message: str) -> "CaseResult":
        return cls(case_id, Status.UNSUPPORTED, message)
