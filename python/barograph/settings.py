"""settings.py - what a run is told: by the call, by BAROGRAPH_ variables, by WANDB_ variables, by settings files."""

from __future__ import annotations

import copy
import os
import re
from typing import Any, Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from barograph.errors import UsageError

DEFAULT_BASE_URL = "http://127.0.0.1:8080"
MODES = ("online", "offline", "disabled", "shared")
CONSOLES = ("auto", "off", "wrap", "redirect", "wrap_raw", "wrap_emu")
RESUMES = ("allow", "must", "never", "auto")
REINITS = ("default", "return_previous", "finish_previous", "create_new")
_TRUE = ("1", "true", "yes", "on", "t", "y")


def variable(name: str) -> str | None:
    """BAROGRAPH_NAME, else WANDB_NAME; an empty one counts as missing."""
    return os.environ.get(f"BAROGRAPH_{name}") or os.environ.get(f"WANDB_{name}") or None


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


class Settings:
    """All that a run can be told. What is not said comes from the environment, then from settings files, then from here.

    Names are those of the official client. Settings that steer parts which this client does not have (its service
    process, its request retries) are taken and change nothing.
    """

    allow_media_symlink: bool = False
    allow_offline_artifacts: bool = True
    allow_val_change: bool = False
    anonymous: Any = None
    api_key: str | None = None
    app_url_override: str | None = None
    azure_account_url_to_access_key: dict[str, str] | None = None
    base_url: str | None = None
    capture_loggers: dict[str, str] | None = None
    code_dir: str | None = None
    config_paths: Sequence[str] | None = None
    console: str = "auto"
    console_chunk_max_bytes: int = 0
    console_chunk_max_seconds: int = 0
    console_multipart: bool = False
    credentials_file: str | None = None
    disable_code: bool = False
    disable_git: bool = False
    disable_git_fork_point: bool = True
    disable_job_creation: bool = True
    docker: str | None = None
    email: str | None = None
    entity: str | None = None
    finish_timeout: float = 0.0
    finish_timeout_raises: bool = False
    force: bool = False
    fork_from: Any = None
    git_commit: str | None = None
    git_remote: str = "origin"
    git_remote_url: str | None = None
    git_root: str | None = None
    heartbeat_seconds: int = 30
    host: str | None = None
    http_proxy: str | None = None
    https_proxy: str | None = None
    identity_token_file: str | None = None
    ignore_globs: Sequence[str] = ()
    init_timeout: float = 90.0
    insecure_disable_ssl: bool = False
    job_name: str | None = None
    job_source: str | None = None
    label_disable: bool = False
    launch: bool = False
    launch_config_path: str | None = None
    login_timeout: float | None = None
    max_end_of_run_history_metrics: int = 10
    max_end_of_run_summary_metrics: int = 10
    mode: str | None = None
    notebook_name: str | None = None
    organization: str | None = None
    program: str | None = None
    program_abspath: str | None = None
    program_relpath: str | None = None
    project: str | None = None
    quiet: bool | None = None
    reinit: Any = None
    relogin: bool = False
    resume: Any = None
    resume_from: Any = None
    resumed: bool = False
    root_dir: str | None = None
    run_group: str | None = None
    run_id: str | None = None
    run_job_type: str | None = None
    run_name: str | None = None
    run_notes: str | None = None
    run_tags: Sequence[str] | None = None
    sagemaker_disable: bool = False
    save_code: bool | None = None
    settings_system: str | None = None
    show_colors: bool | None = None
    show_emoji: bool | None = None
    show_errors: bool = True
    show_info: bool = True
    show_warnings: bool = True
    silent: bool | None = None
    start_method: str | None = None
    stop_fn: Callable[[], None] | None = None
    stop_on_fatal_error: bool = False
    strict: bool | None = None
    summary_timeout: int = 60
    summary_warnings: int = 5
    sweep_id: str | None = None
    sweep_param_path: str | None = None
    symlink: bool = True
    sync_tensorboard: bool | None = None
    table_raise_on_max_row_limit_exceeded: bool = False
    use_dot_wandb: bool | None = None
    username: str | None = None
    x_disable_machine_info: bool = False
    x_disable_meta: bool = False
    x_disable_stats: bool = False
    x_disable_viewer: bool = False
    x_executable: str | None = None
    x_extra_http_headers: dict[str, str] | None = None
    x_files_dir: str | None = None
    x_label: str | None = None
    x_primary: bool = True
    x_save_requirements: bool = True
    x_start_time: float | None = None
    x_stats_pid: int | None = None
    x_stats_sampling_interval: float = 15.0
    x_update_finish_state: bool = True

    def __init__(self, **values: Any) -> None:
        self.__dict__["_is_frozen"] = False
        self.update(values)

    def update(self, values: Mapping[str, Any] | Settings | None = None, **more: Any) -> None:
        """Sets several at once; UsageError for a name that is none."""
        given = dict(values.said()) if isinstance(values, Settings) else dict(values or {})
        for name, value in {**given, **more}.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("_is_frozen"):
            raise TypeError("the settings of a run that has begun cannot be changed")
        if name.startswith("_disable_"):
            name = f"x{name}"
        elif name.startswith("_stats_"):
            name = f"x{name}"
        if not (name in _NAMES or name.startswith("x_")):
            raise UsageError(f"there is no setting {name!r}")
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("x_"):
            return None
        raise AttributeError(f"there is no setting {name!r}")

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter({name: getattr(self, name) for name in _NAMES}.items())

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def get(self, name: str, otherwise: Any = None) -> Any:
        return getattr(self, name, otherwise)

    def __repr__(self) -> str:
        shown = {name: "***" if name == "api_key" else value for name, value in self.said().items()}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def said(self) -> dict[str, Any]:
        """What was set, defaults left out."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def to_dict(self) -> dict[str, Any]:
        return dict(self)

    def frozen(self) -> Settings:
        """A copy that refuses changes."""
        other = copy.copy(self)
        other.__dict__["_is_frozen"] = True
        return other

    # ---- derived ----

    @property
    def _offline(self) -> bool:
        return self.mode in ("offline", "dryrun", "disabled")

    @property
    def _noop(self) -> bool:
        return self.mode == "disabled"

    @property
    def _shared(self) -> bool:
        return self.mode == "shared"

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base_url or DEFAULT_BASE_URL).hostname != "api.wandb.ai"

    @property
    def app_url(self) -> str:
        return (self.app_url_override or self.base_url or DEFAULT_BASE_URL).rstrip("/")

    @property
    def wandb_dir(self) -> str:
        """Where runs lie."""
        return os.path.join(self.root_dir or os.getcwd(), "wandb")

    def filled(self) -> Settings:
        """A copy with the environment's and the files' values where nothing was said. UsageError for what cannot be."""
        other = Settings(**{name: value for name, value in self.said().items() if value is not None})
        for name, value in {**_from_files(other), **_from_environment()}.items():
            if name not in other.__dict__:
                setattr(other, name, value)
        other._check()
        return other

    def _check(self) -> None:
        self.base_url = _checked_url(self.base_url or DEFAULT_BASE_URL)
        self.mode = {"dryrun": "offline", "run": "online", None: "online"}.get(self.mode, self.mode)
        if self.mode not in MODES:
            raise UsageError(f"mode is one of {', '.join(MODES)}, got {self.mode!r}")
        if self.console not in CONSOLES:
            raise UsageError(f"console is one of {', '.join(CONSOLES)}, got {self.console!r}")
        self.resume = {True: "auto", False: None, "": None}.get(self.resume, self.resume)
        if self.resume is not None and self.resume not in RESUMES:
            raise UsageError(f"resume is one of {', '.join(RESUMES)}, or a bool, got {self.resume!r}")
        self.reinit = {None: "default", True: "finish_previous", False: "return_previous"}.get(self.reinit, self.reinit)
        if self.reinit not in REINITS:
            raise UsageError(f"reinit is one of {', '.join(REINITS)}, or a bool, got {self.reinit!r}")
        if self.silent:
            self.show_info = self.show_warnings = self.show_errors = False
        if self.quiet or self.silent:
            self.show_info = False
        self.quiet = bool(self.quiet)
        self.run_tags = _checked_tags(self.run_tags)
        for name in ("run_id", "project", "entity"):
            _check_name(name, getattr(self, name))
        if self.api_key is None:
            self.api_key = _key_from_netrc(self.base_url)


_NAMES = frozenset(name for name in Settings.__annotations__ if not name.startswith("_"))

# Variables whose name is not the setting's.
_VARIABLES = {
    "CODE_DIR": "code_dir",
    "CONSOLE": "console",
    "DIR": "root_dir",
    "DISABLE_CODE": "disable_code",
    "DISABLE_GIT": "disable_git",
    "DISABLE_STATS": "x_disable_stats",
    "DOCKER": "docker",
    "GIT_COMMIT": "git_commit",
    "GIT_REMOTE_URL": "git_remote_url",
    "HOST": "host",
    "JOB_TYPE": "run_job_type",
    "LABEL": "x_label",
    "NAME": "run_name",
    "NOTEBOOK_NAME": "notebook_name",
    "NOTES": "run_notes",
    "PRIMARY": "x_primary",
    "RUN_GROUP": "run_group",
    "RUN_ID": "run_id",
    "RUN_TAGS": "run_tags",
    "TAGS": "run_tags",
    "USERNAME": "username",
    "USER_EMAIL": "email",
    "X_LABEL": "x_label",
    "X_PRIMARY": "x_primary",
    "X_STATS_SAMPLING_INTERVAL": "x_stats_sampling_interval",
}


def _typed(name: str, text: str) -> Any:
    """The text of a variable or file as the setting's type; None when it is not one."""
    kind = Settings.__annotations__.get(name, "str")
    if name in ("run_tags", "ignore_globs", "config_paths"):
        return _list(text)
    if "bool" in kind and name not in ("resume", "reinit"):
        return text.strip().lower() in _TRUE
    if name in ("resume", "reinit") and text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    try:
        return int(text) if kind.startswith("int") else float(text) if kind.startswith("float") else text
    except ValueError:
        raise UsageError(f"the setting {name} is a number, got {text!r}") from None


def _from_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    variables: Mapping[str, str] = os.environ
    if "SM_TRAINING_ENV" in os.environ:
        from barograph.integration.sagemaker import of_the_job

        variables = {**of_the_job(), **os.environ}
    for prefix in ("WANDB_", "BAROGRAPH_"):
        for key, text in variables.items():
            if not key.startswith(prefix) or not text:
                continue
            short = key[len(prefix) :]
            name = _VARIABLES.get(short, short.lower())
            if name in _NAMES:
                values[name] = _typed(name, text)
    return values


def settings_files(settings: Settings) -> list[str]:
    """Those that are read, the later ones winning: the user's, then the folder's."""
    config_dir = variable("CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".config", "wandb")
    system = settings.settings_system or os.path.join(config_dir, "settings")
    return [system, os.path.join(settings.wandb_dir, "settings")]


def _from_files(settings: Settings) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in settings_files(settings):
        if not os.path.exists(path):
            continue
        import configparser  # few have such a file: not at the package's import

        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(path, encoding="utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError) as error:
            raise UsageError(f"the settings file {path} cannot be read: {error}") from None
        if not parser.has_section("default"):
            continue
        for name, text in parser.items("default"):
            if name in _NAMES and text:
                values[name] = _typed(name, text)
    return values


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"the base URL is http://HOST or https://HOST, got {url!r}")
    return url.rstrip("/")


def _checked_tags(tags: Sequence[str] | str | None) -> tuple[str, ...]:
    if isinstance(tags, str):
        tags = [tags]
    for tag in tags or ():
        if not isinstance(tag, str) or not 1 <= len(tag) <= 64:
            raise UsageError(f"a tag has 1 to 64 characters, got {tag!r}")
    return tuple(dict.fromkeys(tags or ()))


def _check_name(name: str, value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise UsageError(f"{name} is a text, got {type(value).__name__}")
    what = {"run_id": "a run id"}.get(name, f"the {name}")
    if not value.strip() or len(value) > 128 or re.search(r"[/\\#?%:\x00-\x1f]", value):
        raise UsageError(f"{what} has 1 to 128 characters and none of / \\ # ? % :, got {value!r}")


def netrc_path() -> str:
    return os.environ.get("NETRC") or os.path.join(os.path.expanduser("~"), ".netrc")


def _key_from_netrc(base_url: str | None) -> str | None:
    path = netrc_path()
    if base_url is None or not os.path.exists(path):
        return None
    import netrc

    try:
        entries = netrc.netrc(path)
    except (OSError, netrc.NetrcParseError):
        return None
    parts = urlsplit(base_url)
    entry = entries.hosts.get(parts.netloc) or entries.hosts.get(parts.hostname or "")
    return entry[2] if entry else None
