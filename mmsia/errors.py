"""The one family of errors that mmsia raises on purpose.

Every message answers the same four questions in the same order: what went wrong
(and in which file or key), what was expected, what came, and what to do next.
"""

from __future__ import annotations


class MMSIAError(Exception):
    """Base of all errors raised on purpose by mmsia.

    Args:
        problem: What went wrong, naming the file, key or argument.
        expected: What would have been accepted.
        got: What came instead.
        remedy: What the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.expected = expected
        self.got = got
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        text = self.problem
        if self.expected is not None:
            text += f": expected {self.expected}"
        if self.got is not None:
            text += f", got {self.got}" if self.expected else f": got {self.got}"
        if self.remedy is not None:
            text += f". {self.remedy}"
        return text


class InputError(MMSIAError, ValueError):
    """An argument or array that a function cannot work with."""


class DataError(MMSIAError):
    """A data set, annotation file or stored result that cannot be used."""


class UnsafeFileError(DataError):
    """A file that would run code when read; nothing of it has run."""


class ConfigError(MMSIAError):
    """A config, table script or option that does not say what it must."""


class MissingPartError(MMSIAError, ImportError):
    """An optional package, operator or tool that is not installed here."""


class TrainingError(MMSIAError):
    """A training or test that cannot go on.

    Args:
        problem: What went wrong, naming the step and the part.
        step: Steps that were done before.
        parts: Values of the losses in that step, by name.
        **answers: `expected`, `got` and `remedy`, as MMSIAError.
    """

    def __init__(
        self,
        problem: str,
        *,
        step: int | None = None,
        parts: dict[str, float] | None = None,
        **answers: str | None,
    ) -> None:
        self.step = step
        self.parts = dict(parts or {})
        super().__init__(problem, **answers)
