"""The Docker engine, by its command line."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

#: As it was before a test cleaned it: it may say where the engine is.
_ENVIRON = dict(os.environ)  # noqa: TID251 - see above
#: On everything that these tests make, so that what a killed run left is found.
LABEL = "autoscan.under-test"
_numbers = count(1)


class EngineError(Exception):
    """A command of Docker failed; the text is what it said."""


def run(*command: str, stdin: bytes = b"", seconds: float = 120, **variables: str) -> str:
    """Return what a program wrote to standard output; raise EngineError if it fails or cannot be started."""
    try:
        done = _started(command, stdin, seconds, variables)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{' '.join(command)}: {error}") from error
    if done.returncode:
        raise EngineError(f"{' '.join(command)}: {done.returncode}\n{_both(done)[-4000:]}")
    return done.stdout.decode().strip()


def _started(
    command: Sequence[str], stdin: bytes = b"", seconds: float = 120, variables: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    environment = {**_ENVIRON, **(variables or {})}
    return subprocess.run(command, check=False, input=stdin, capture_output=True, timeout=seconds, env=environment)


def _both(done: "subprocess.CompletedProcess[bytes]") -> str:
    return (done.stdout + done.stderr).decode()


def docker(*arguments: str, stdin: bytes = b"", seconds: float = 120) -> str:
    """Run `docker`; see `run`."""
    return run("docker", *arguments, stdin=stdin, seconds=seconds)


def missing() -> str:
    """Return why there is no engine to test with, `""` where one answers."""
    try:
        docker("info", "--format", "{{.ServerVersion}}", seconds=20)
    except EngineError as error:
        return f"no Docker engine answers: {str(error).splitlines()[-1]}"
    return ""


def inspect(name: str) -> Any:
    """Return what the engine knows of an image, a container or a volume."""
    return json.loads(docker("inspect", name))[0]


def sweep() -> None:
    """Remove what a run that was killed has left."""
    for kind, options in (("container", ("--force", "--volumes")), ("volume", ()), ("network", ())):
        every = ("--all",) if kind == "container" else ()
        left = docker(kind, "ls", *every, "--quiet", "--filter", f"label={LABEL}").split()
        if left:
            docker(kind, "rm", *options, *left)


@dataclass(frozen=True, slots=True)
class Container:
    """A container, running or not."""

    name: str

    def run(self, *command: str, user: str = "") -> str:
        """Run a command in it and return its output."""
        return docker("exec", *(("--user", user) if user else ()), self.name, *command)

    def python(self, code: str) -> str:
        """Run a little Python in it and return what it prints."""
        return self.run("python", "-c", code)

    @property
    def state(self) -> Any:
        """Return `Running`, `ExitCode`, `Health` and the like."""
        return inspect(self.name)["State"]

    @property
    def log(self) -> str:
        """Return what it wrote, both streams."""
        return _both(_started(("docker", "logs", self.name)))

    def port(self, inside: int) -> int:
        """Return the port of this machine that leads to one inside."""
        return int(docker("port", self.name, f"{inside}/tcp").splitlines()[0].rpartition(":")[2])

    def healthy(self) -> bool:
        """Tell whether the engine's own health check passed last."""
        return bool(self.state["Health"]["Status"] == "healthy")


@contextmanager
def container(image: str, *options: str, command: Sequence[str] = ()) -> Iterator[Container]:
    """Run a container in the background; remove it and its nameless volumes at the end."""
    name = f"autoscan-test-{os.getpid()}-{next(_numbers)}"
    docker("run", "--detach", "--name", name, "--label", LABEL, *options, image, *command)
    try:
        yield Container(name)
    finally:
        docker("rm", "--force", "--volumes", name)


@contextmanager
def volume() -> Iterator[str]:
    """Make a volume; remove it at the end."""
    name = f"autoscan-test-{os.getpid()}-{next(_numbers)}"
    docker("volume", "create", "--label", LABEL, name)
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name)


def once(image: str, *options: str, command: Sequence[str] = ()) -> tuple[int, str]:
    """Run a container to its end; return its exit code and what it wrote, both streams."""
    done = _started(("docker", "run", "--rm", "--label", LABEL, *options, image, *command))
    return done.returncode, _both(done)
