"""Which run begins when: what it starts from is there, a slot is free, nobody has it.

A run that starts from another's weights is looked up by their digest, so it waits
until they are there. Weights that are missing or altered when they are needed are made
again, once.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from mmsia.bench.budget import Budget
from mmsia.bench.data import DataSource
from mmsia.bench.executors.base import Executor
from mmsia.bench.executors.job import Ended, Job
from mmsia.bench.measurement import Request, ignore_progress
from mmsia.bench.measures import MEASURES
from mmsia.bench.outcome import FailureKind, Listener, Outcome, kind_of
from mmsia.bench.plan import Plan
from mmsia.bench.spec import RunSpec
from mmsia.bench.store import Store
from mmsia.bench.terms import Status
from mmsia.errors import DataError, MMSIAError
from mmsia.files import write_text_atomic
from mmsia.interrupts import check_interrupt

FAILURE = "failure.txt"
_POLL_SECONDS = 0.2


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what had been done until then.

    Args:
        outcomes: Key in the plan -> outcome; runs that were left are interrupted.
    """

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        self.outcomes = outcomes
        super().__init__("interrupted")


@dataclass(frozen=True)
class Work:
    """What is the same for all runs of a session.

    Attributes:
        data: The annotations.
        command: The command line, for the provenance.
        num_workers: Processes of one run.
        threads: Of each of its processes; None leaves them alone.
    """

    data: DataSource
    command: str
    num_workers: int = 1
    threads: int | None = None


class Schedule:
    """One session's way through a plan.

    Args:
        plan: What to run.
        store: Where results are kept; failures are not.
        work: What is the same for all runs.
        listener: Told about progress.
        executor: Where runs are made.
        budget: When the session is to end; whatever it takes if None.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        work: Work,
        listener: Listener,
        executor: Executor,
        budget: Budget | None = None,
    ) -> None:
        self.store, self.work, self._budget = store, work, budget
        self._sources, self._given = plan.sources, plan.weights
        self.listener, self.executor = listener, executor
        # As planned, by the key that the plan knows: weights may still be missing.
        self._waiting = {spec.key: spec for spec in plan.runs}
        self._running: dict[str, tuple[str, RunSpec]] = {}
        self._planned = dict(self._waiting)
        self._outcomes: dict[str, Outcome] = {}
        self._told: set[str] = set()
        self._made_again: set[str] = set()
        self.executor.on_progress = self._progress

    def run(self) -> dict[str, Outcome]:
        """Make what is missing.

        Returns:
            Key in the plan -> outcome; what there was no time for is interrupted.

        Raises:
            Interrupted: On Ctrl-C.
        """
        try:
            while (self._waiting or self._running) and not self._is_over():
                check_interrupt()
                for planned in list(self._waiting):
                    self._consider(planned)
                if self._running:
                    for end in self.executor.events(_POLL_SECONDS):
                        self._finish(end)
                elif self._waiting:
                    time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt as error:
            raise Interrupted(self._snapshot()) from error
        finally:
            for key in self._running:
                self.store.release(key)
        return self._snapshot()

    def _is_over(self) -> bool:
        return self._budget is not None and self._budget.left <= 0

    def _consider(self, planned: str) -> None:
        """Begin a run, find it done, or leave it waiting."""
        spec = self._waiting.get(planned)
        if spec is None or (spec := self._with_weights(planned, spec)) is None:
            return
        if self.store.load(spec.key) is not None:
            self._end(planned, spec, Outcome(spec.key, Status.CACHED))
            return
        if self._budget is not None and not self._budget.fits(spec):
            self._end(planned, spec, _no_time(spec.key))
            return
        if not self._has_room(spec) or not self._weights_there(planned, spec):
            return
        try:
            holder = self.store.acquire(spec.key)
        except DataError as error:
            outcome = _failure(spec.key, error, FailureKind.STORE)
            self._end(planned, spec, outcome)
            return
        if holder is not None:
            self._tell_waiting(spec, f"{holder} makes it")
        elif self.store.load(spec.key) is not None:
            # Made by the other session between the look and the lock.
            self.store.release(spec.key)
        else:
            self._begin(planned, spec)

    def _has_room(self, spec: RunSpec) -> bool:
        """Whether a slot is free, and for a run that is to be alone every slot is."""
        running = [own for _, own in self._running.values()]
        alone = any(_is_alone(own) for own in (spec, *running))
        if alone and running:
            return False
        return self.executor.busy < self.executor.slots

    def _with_weights(self, planned: str, spec: RunSpec) -> RunSpec | None:
        """The run with the digest of its weights; None while there is none."""
        if spec.start is None:
            return spec
        source = self._outcomes.get(spec.start)
        if source is None:
            return None
        if source.status is Status.INTERRUPTED:
            self._end(planned, spec, _no_time(spec.key))
            return None
        stored = self.store.load(source.key) if source.good else None
        weights = stored.weights if stored is not None else None
        if weights is None:
            error = f"the run {source.key} that it starts from left no weights"
            if source.error:
                error = f"{error}: {source.error}"
            outcome = Outcome(spec.key, Status.FAILED, error, kind=FailureKind.NEEDS)
            self._end(planned, spec, outcome)
            return None
        return spec.with_weights(weights.digest)

    def _weights_there(self, planned: str, spec: RunSpec) -> bool:
        """Whether the file is there; else the run that makes it waits again."""
        if spec.start is None:
            return True
        source = self._outcomes[spec.start]
        problem = self.store.weights_problem(source.key)
        if problem is None:
            return True
        if spec.start in self._made_again:
            outcome = _failure(spec.key, DataError(problem), FailureKind.NEEDS)
            self._end(planned, spec, outcome)
            return False
        self._made_again.add(spec.start)
        self.store.set_aside(source.key, problem)
        del self._outcomes[spec.start]
        self._waiting[spec.start] = self._planned[spec.start]
        return False

    def _begin(self, planned: str, spec: RunSpec) -> None:
        number = list(self._planned).index(planned) + 1
        self._running[spec.key] = (planned, spec)
        del self._waiting[planned]
        self.listener.run_started(spec, number, len(self._planned))
        # Executors may work elsewhere in the file system.
        folder = (self.store.folder / spec.key).resolve()
        request = Request(
            settings=spec.settings,
            data=self._sources.get(spec.data_digest, self.work.data),
            seed=spec.seed,
            num_draws=spec.num_draws,
            num_workers=self.work.num_workers,
            on_progress=ignore_progress,
            folder=folder,
            weights=self._weights_of(spec),
            threads=self.work.threads,
        )
        self.executor.start(
            Job(spec, request, self.work.command, folder, self.work.threads)
        )

    def _weights_of(self, spec: RunSpec) -> Path | None:
        """The file that a run starts from: another's, or one that was given."""
        if spec.start is not None:
            return self.store.weights_path(self._outcomes[spec.start].key)
        return self._given.get(spec.weights or "")

    def _finish(self, end: Ended) -> None:
        planned, spec = self._running[end.key]
        if end.status is Status.DONE:
            outcome = self._save(end)
        else:
            error = end.error
            # A message that was written for the user needs no traceback.
            if self._keep_trace(end) and end.kind is not FailureKind.REFUSED:
                error += f" (traceback in {self.store.folder / end.key / FAILURE})"
            outcome = Outcome(end.key, end.status, error, end.seconds, end.kind)
        del self._running[end.key]
        self.store.release(end.key)
        self._end(planned, spec, outcome)

    def _save(self, end: Ended) -> Outcome:
        try:
            self.store.save(
                end.key, end.result or {}, end.provenance or {}, end.predictions
            )
        except DataError as error:
            return _failure(end.key, error, FailureKind.STORE, end.seconds)
        except (MMSIAError, ValueError, TypeError) as error:
            return _failure(end.key, error, kind_of(error), end.seconds)
        with contextlib.suppress(OSError):
            (self.store.folder / end.key / FAILURE).unlink(missing_ok=True)
        return Outcome(end.key, Status.DONE, seconds=end.seconds)

    def _keep_trace(self, end: Ended) -> bool:
        """Keep the traceback beside the run; the disk may be the very reason."""
        if not end.trace:
            return False
        with contextlib.suppress(DataError):
            write_text_atomic(self.store.folder / end.key / FAILURE, end.trace)
            return True
        return False

    def _end(self, planned: str, spec: RunSpec, outcome: Outcome) -> None:
        self._waiting.pop(planned, None)
        self._outcomes[planned] = outcome
        self.listener.run_finished(spec, outcome)
        self.listener.session_changed(spec, outcome, self._snapshot())

    def _progress(self, key: str, done: int, total: int) -> None:
        if key in self._running:
            self.listener.run_progress(self._running[key][1], done, total)

    def _tell_waiting(self, spec: RunSpec, reason: str) -> None:
        if spec.key not in self._told:
            self._told.add(spec.key)
            self.listener.waiting(spec, reason)

    def _snapshot(self) -> dict[str, Outcome]:
        """Outcomes as they stand: what did not end is left for the same command."""
        going_on = {planned: spec.key for planned, spec in self._running.values()}
        left = _no_time if self._is_over() else not_yet
        return {
            key: self._outcomes.get(key) or left(going_on.get(key, key))
            for key in self._planned
        }


def _is_alone(spec: RunSpec) -> bool:
    known = MEASURES.get(spec.measure)
    return known is not None and known.alone


def not_yet(key: str) -> Outcome:
    """The outcome of a run that has not ended, should the session end now.

    Args:
        key: The run.
    """
    why = "interrupted: the same command goes on from here"
    return Outcome(key, Status.INTERRUPTED, why)


def _no_time(key: str) -> Outcome:
    """The outcome of a run for which the session's budget was too short."""
    why = "the budget was over: the same command goes on from here"
    return Outcome(key, Status.INTERRUPTED, why)


def _failure(
    key: str, error: Exception, kind: FailureKind, seconds: float = 0.0
) -> Outcome:
    message = f"{type(error).__name__}: {error}"
    return Outcome(key, Status.FAILED, message, seconds, kind)
