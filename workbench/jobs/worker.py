"""A process that runs jobs: from the moment it says so until it leaves in good order, or dies."""

from workbench.jobs import records
from workbench.jobs.queue import JobQueue
from workbench.jobs.recovery import Lease, Pulse, Rescue
from workbench.jobs.run import Runner, settle
from workbench.views import Failure

GRACE_SECONDS = 5.0
"""How long closing waits for running jobs to come to their next step."""


class Worker:
    """Takes jobs from the queue once started."""

    def __init__(self, queue: JobQueue, lease: Lease, runner: Runner) -> None:
        self._queue = queue
        self._lease = lease
        self._runner = runner
        self._desk = runner.desk
        self._pulse = Pulse(lease, Rescue(self._desk.database, queue, lease, records.unfinished, self._fail))

    def start(self) -> None:
        """Take jobs, and set right what dead workers left."""
        self._queue.work(self._runner.run, worker=self._lease.worker)
        self._pulse.start()

    def close(self) -> None:
        """Stop at the next step of what is running; it goes back to the queue with everything it has delivered."""
        self._pulse.stop()
        self._queue.pause()
        self._desk.closing.set()
        self._queue.drain(GRACE_SECONDS)
        with self._desk.database.transaction() as session:
            records.put_back(session, self._lease.worker)
        self._queue.recover([self._lease.worker])
        self._lease.end()

    def _fail(self, job_id: str, failure: Failure) -> None:
        with self._desk.database.transaction() as session:
            row = records.locked(session, job_id)
            if row is not None:
                settle(session, row, failure)
        self._desk.files.delete_preview(job_id)
        self._desk.notices.tell(ended=True)
