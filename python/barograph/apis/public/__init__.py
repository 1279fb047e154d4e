"""public - the documented classes, under their documented names."""

from __future__ import annotations

from barograph.apis.client import RetryingClient
from barograph.apis.public.api import Api
from barograph.apis.public.artifacts import (
    ArtifactCollection,
    ArtifactCollections,
    ArtifactFiles,
    Artifacts,
    ArtifactType,
    ArtifactTypes,
    ArtifactVersions,
    ProjectArtifactCollections,
    RunArtifacts,
)
from barograph.apis.public.columns import Columns
from barograph.apis.public.console_logs import ConsoleLogLine, ConsoleLogs
from barograph.apis.public.files import File, Files
from barograph.apis.public.history import HistoryScan
from barograph.apis.public.jobs import Job, QueuedRun, RunQueue
from barograph.apis.public.organizations import Organization
from barograph.apis.public.projects import Project, Projects
from barograph.apis.public.query_generator import QueryGenerator
from barograph.apis.public.registries import Registries, Registry
from barograph.apis.public.reports import BetaReport, PanelMetricsHelper, PythonMongoishQueryGenerator, Reports
from barograph.apis.public.runs import Run, RunNotFoundError, Runs
from barograph.apis.public.sweeps import Agent, AgentRuns, Sweep, Sweeps
from barograph.apis.public.teams import Member, Team
from barograph.apis.public.users import User

__all__ = [
    "Agent",
    "AgentRuns",
    "Api",
    "ArtifactCollection",
    "ArtifactCollections",
    "ArtifactFiles",
    "ArtifactType",
    "ArtifactTypes",
    "ArtifactVersions",
    "Artifacts",
    "BetaReport",
    "Columns",
    "ConsoleLogLine",
    "ConsoleLogs",
    "File",
    "Files",
    "HistoryScan",
    "Job",
    "Member",
    "Organization",
    "PanelMetricsHelper",
    "Project",
    "ProjectArtifactCollections",
    "Projects",
    "PythonMongoishQueryGenerator",
    "QueryGenerator",
    "QueuedRun",
    "Registries",
    "Registry",
    "Reports",
    "RetryingClient",
    "Run",
    "RunArtifacts",
    "RunNotFoundError",
    "RunQueue",
    "Runs",
    "Sweep",
    "Sweeps",
    "Team",
    "User",
]
