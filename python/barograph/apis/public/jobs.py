"""jobs.py - jobs and their queues: known by name, so that scripts get an answer, and not offered."""

from __future__ import annotations

from typing import Any

from barograph.apis.client import not_offered


class Job:
    """A program that a hosted service would run."""

    def __init__(self, api: Any, name: str, path: str | None = None) -> None:
        raise not_offered("a job")


class QueuedRun:
    """A run that waits in a queue of jobs."""

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        queue_name: str,
        run_queue_item_id: str,
        project_queue: str = "model-registry",
        priority: int | None = None,
    ) -> None:
        raise not_offered("a queued run")


class RunQueue:
    """A queue of jobs."""

    def __init__(self, client: Any, name: str, entity: str, *more: Any, **options: Any) -> None:
        raise not_offered("a run queue")

    @classmethod
    def create(cls, name: str, resource: str, entity: str | None = None, *more: Any, **options: Any) -> RunQueue:
        """Not offered."""
        raise not_offered("a run queue")
