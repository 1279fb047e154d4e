"""api_key.py - the API key: asked for, checked, and kept in the netrc file."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from barograph.errors import AuthenticationError, CommError, UsageError
from barograph.settings import Settings, netrc_path
from barograph.terminal import Terminal

KEY_LEN_MIN = 40


def login(
    key: str | None = None,
    relogin: bool | None = None,
    host: str | None = None,
    force: bool | None = None,
    timeout: int | None = None,
    verify: bool = True,
    anonymous: object = None,
    prompt: bool = True,
    referrer: str | None = None,
) -> bool:
    """Makes sure that there is an API key, and keeps a new one in the netrc file.

    Args:
        key: The key; without one the environment, the netrc file and then the person at the terminal are asked.
        relogin: Whether to ask although there is a key.
        host: The server; the configured one by default.
        force: Whether having no key is an error.
        timeout: Seconds that a person has to answer; not at all when 0.
        verify: Whether the server is asked if it knows the key.
    """
    settings = Settings(base_url=host).filled() if host else Settings().filled()
    found = key or (None if relogin else settings.api_key)
    is_new = found is not None and key is not None
    if found is None and prompt:
        found = ask_for_key(settings)
        is_new = found is not None
    if found is None:
        if force:
            raise UsageError(f"there is no API key for {settings.base_url}; give one, or set BAROGRAPH_API_KEY")
        return False
    _check(found)
    if verify and is_new:
        _verify(found, settings)
    if is_new:
        write_netrc(urlsplit(settings.base_url or "").netloc, found)
        os.environ["BAROGRAPH_API_KEY"] = found
    if host is not None:
        os.environ["BAROGRAPH_BASE_URL"] = host
    return True


def _check(key: str) -> None:
    if len(key.split("-", 1)[-1]) < KEY_LEN_MIN or any(char.isspace() or ord(char) < 33 for char in key):
        raise UsageError(f"an API key has {KEY_LEN_MIN} or more characters and no spaces")


def _verify(key: str, settings: Settings) -> None:
    """A server that is away is no reason against the key."""
    from barograph.transport import Transport

    transport = Transport(settings.base_url or "", key, timeout=10.0, retry_seconds=0.0)
    try:
        data = transport.query("query Viewer { viewer { username } }")
    except AuthenticationError:
        raise
    except CommError:
        return
    if not data.get("viewer"):
        raise AuthenticationError(f"{settings.base_url} does not know this API key")


def ask_for_key(settings: Settings) -> str | None:
    """A person at a terminal, not echoed; None when nobody is there or nothing was typed."""
    if sys.stdin is None or not sys.stdin.isatty() or os.environ.get("CI"):
        return None
    import getpass

    Terminal().info(f"an API key for {settings.base_url} is on your page {settings.app_url}/settings")
    try:
        typed = getpass.getpass("barograph: paste the API key, or press Enter to go on without: ").strip()
    except (EOFError, KeyboardInterrupt):
        return None
    if not typed:
        return None
    _check(typed)
    write_netrc(urlsplit(settings.base_url or "").netloc, typed)
    return typed


def write_netrc(machine: str, key: str) -> None:
    """Replaces the machine's entry; the others stay as they are. The file is the owner's alone."""
    path = netrc_path()
    lines: list[str] = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    kept, skips = [], False
    for line in lines:
        words = line.split()
        if words[:1] in (["machine"], ["default"]):
            skips = words[1:2] == [machine]
        if not skips:
            kept.append(line)
    temporary = f"{path}.{os.getpid()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join([*kept, f"machine {machine}", "  login user", f"  password {key}", ""]))
    os.replace(temporary, path)
