"""A process for one notebook: started behind walls, watched, ended whole; what it answers is bytes.

`Sandbox` knows what this platform gives, since it tries it on an empty notebook first: `bwrap`
(bubblewrap) where it is on the PATH and works, else Landlock and namespaces of Linux, else limits
alone. What is not held is in `open`, in words. Nothing that a notebook says is read here.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

from tutor.core.errors import BadValueError
from tutor.course.grading.running import Running
from tutor.course.grading.walls import beside

PACKAGE = Path(__file__).resolve().parents[2]
ANSWERS = 8 * 2**20  # bytes that may leave a notebook
BLOCK = 4096  # bytes that a file takes at least
MOST_AT_ONCE = 1000  # learners on a processor
BEAT = 0.1  # seconds between two looks at what runs
START = """\
import sys
sys.path[:0] = {paths}
from tutor.course.grading.inside import main
main({plan})"""
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/passwd",
          "/etc/localtime", "/etc/fonts")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo",
           "/sys/devices/system/cpu")
#: What may be held, and what is left where it is not.
HELD = {"files": "a notebook can read and write whatever you can",
        "network": "a notebook can use the network",
        "memory": "memory is looked at from time to time alone, and not limited by the system"}


class Limits(NamedTuple):
    """What a notebook may use: seconds, bytes of memory and of disk, processes at one time; the
    seconds in which one of its answers has to be judged; whether by the numbers of its learner."""

    seconds: float = 60.0
    memory: int = 2**30
    disk: int = 64 * 2**20
    processes: int = 48
    judging: float = 10.0
    variants: bool = False


class Ran(NamedTuple):
    """What left a notebook, in bytes, and in words why it was ended, if it was."""

    answers: bytes
    ended: str = ""


class Sandbox:
    """Runs notebooks on a copy of the package that lacks the key, in `scratch`."""

    def __init__(self, scratch: Path, limits: Limits, ways: Sequence[str] = ("bwrap", "own", "")
                 ) -> None:
        if sys.platform == "win32":
            raise BadValueError("notebooks are graded on Linux and macOS.",
                                fix="On Windows, do it in WSL: wsl --install")
        self.scratch, self.limits, self.running = scratch, limits, Running()
        self.package = _without_key(scratch / "package")
        self.processors: Queue[int] = Queue()
        for number in processors() * MOST_AT_ONCE:
            self.processors.put(number)
        for self.way in ways:
            found = self.ran(Path(tempfile.mkdtemp(dir=scratch)), "").answers
            with suppress(ValueError, LookupError):
                held = {*json.loads(found.splitlines()[0])["held"]}
                self.held = held | {"bwrap": {"files", "network"}}.get(self.way, set())
                break
        else:
            raise OSError("no process for a notebook can be started here")

    @property
    def open(self) -> list[str]:
        """What is not held on this machine."""
        left = [words for name, words in HELD.items() if name not in self.held]
        return left if _psutil() else [*left, "without psutil, what a notebook's processes take "
                                       "together is not looked at"]

    def ran(self, folder: Path, notebook: str) -> Ran:
        """Run a notebook of a folder, which is all that it may write to."""
        reads, writes = os.pipe()
        package = self.package if "files" in getattr(self, "held", ["files"]) else _without_key(
            Path(tempfile.mkdtemp(dir=self.scratch)))
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        processor = self.processors.get()
        with os.fdopen(reads, "rb"), os.fdopen(writes, "wb") as closes:
            command = self._command(folder, package, notebook, writes, processor)
            try:
                with self.running.process(
                        command, **quiet, pass_fds=[writes], start_new_session=True,
                        env=_environment(folder), cwd=folder) as process:
                    closes.close()
                    return self._watched(process, reads, folder)
            except OSError:
                return Ran(b"", "No process could be started for it.")
            finally:
                self.processors.put(processor)

    def _command(self, folder: Path, package: Path, notebook: str, out: int, processor: int
                 ) -> list[str]:
        """The command that runs a notebook in the way of this sandbox."""
        limits = {"seconds": int(self.limits.seconds) + 5, "memory": self.limits.memory,
                  "disk": self.limits.disk}
        plan: dict[str, Any] = {"folder": str(folder), "notebook": notebook, "out": out,
                                "processor": processor, "limits": limits,
                                "separate": self.way == "own", "close": None}
        readable = [*map(str, (*readable_folders(), package))]
        if self.way == "own":
            plan["close"] = {"readable": [*readable, *DEVICES], "hidden": str(PACKAGE),
                             "writable": [str(folder), "/dev/null"]}
        paths = [str(package), *map(str, site_folders())]
        start = [sys.executable, "-I", "-c", START.format(paths=paths, plan=plan)]
        return [*bubblewrap(readable, folder, self.limits.disk), *start] \
            if self.way == "bwrap" else start

    def _watched(self, process: subprocess.Popen[bytes], reads: int, folder: Path) -> Ran:
        """What a process writes until it ends, or is ended, with all that it started."""
        answers, ended = bytearray(), ""
        known: dict[int, Any] = {}
        until = time.monotonic() + self.limits.seconds
        os.set_blocking(reads, False)
        while not ended:
            over = process.poll() is not None
            select.select([reads], [], [], 0 if over else BEAT)
            with suppress(BlockingIOError):
                while more := os.read(reads, 2**16):
                    answers += more
                    if len(answers) > ANSWERS:
                        break
            if over:
                break
            ended = (f"It was ended: its answers hold more than {ANSWERS >> 20} MB."
                     if len(answers) > ANSWERS else
                     f"It was ended after {self.limits.seconds:g} seconds."
                     if time.monotonic() > until else self._too_much(process, folder, known))
        _end(process, known.values())
        if not ended and process.returncode:
            ended = f"Its process ended by itself, with the status {process.returncode}."
        return Ran(bytes(answers[:ANSWERS]), ended)

    def _too_much(self, process: subprocess.Popen[bytes], folder: Path, known: dict[int, Any]
                  ) -> str:
        """What it uses too much of, in words; `known` gathers the processes that it started."""
        psutil = _psutil()
        if psutil is not None:
            with suppress(psutil.Error):
                whole = psutil.Process(process.pid)
                known.update({one.pid: one for one in [whole, *whole.children(recursive=True)]})
            memory, count = 0, 0
            for one in [*known.values()]:
                with suppress(psutil.Error):
                    if one.is_running():
                        memory, count = memory + one.memory_info().rss, count + 1
            if memory > self.limits.memory:
                return f"It was ended: it took more than {self.limits.memory >> 20} MB of memory."
            if count > self.limits.processes:
                return f"It was ended: it started more than {self.limits.processes} processes."
        if self.way != "bwrap" and _size(folder, self.limits.disk) > self.limits.disk:
            return f"It was ended: it wrote more than {self.limits.disk >> 20} MB."
        return ""


def bubblewrap(readable: Iterable[str], folder: Path, disk: int) -> list[str]:
    """The command of bubblewrap: these are read, a folder in memory is written, nothing else is."""
    size = ["--size", str(disk), "--tmpfs"]
    found = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--unshare-user",
             "--die-with-parent", "--new-session", "--uid", "65534", "--gid", "65534",
             "--cap-drop", "ALL", "--proc", "/proc", "--remount-ro", "/proc",  # /proc/sys too
             "--dev", "/dev", *size, "/dev/shm",
             "--remount-ro", "/dev", *size, "/tmp"]
    for path in dict.fromkeys(readable):
        for one in beside(Path(path), PACKAGE):
            found += ["--ro-bind", str(one), str(one)]
    found += [*size, str(folder)]
    for given in sorted(folder.rglob("*")):
        if given.is_file():
            found += ["--ro-bind", str(given), str(given)]
    return [*found, "--remount-ro", "/", "--"]


def site_folders() -> list[Path]:
    """The folders from which this Python imports packages that were installed."""
    found = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return [Path(path).resolve() for path in found]


def readable_folders() -> Iterator[Path]:
    """The folders that a Python needs to read: the system's, its own, those of its packages."""
    yield from map(Path, SYSTEM)
    found = [Path(sys.prefix), Path(sys.base_prefix), *site_folders()]
    for spec in filter(None, map(find_spec, ("numpy", "IPython"))):  # which may be links
        found.append(Path(str(spec.origin)).resolve().parents[1])
    for path in dict.fromkeys(found):
        if not any(other in path.parents for other in found) and path != Path("/usr"):
            yield path


def _without_key(target: Path) -> Path:
    """A copy of the package for learners: no key, no notebooks."""
    left = shutil.ignore_patterns("key", "notebooks")
    shutil.copytree(PACKAGE, target / "tutor", ignore=left, dirs_exist_ok=True)
    return target


def _environment(folder: Path) -> dict[str, str]:
    """What a notebook learns of this machine: where programs are, that it has one processor."""
    kept = {name: os.environ[name] for name in ("LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder),
            "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1",
            "IPYTHONDIR": str(folder / ".ipython"), "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: subprocess.Popen[bytes], known: Iterable[Any]) -> None:
    """End a process with all of its session, and those it was seen to start."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    psutil = _psutil()
    for one in known:
        with suppress(psutil.Error):
            one.kill()


def _size(folder: Path, enough: int) -> int:
    """How many bytes a folder holds, at least a block a file; more than enough is not counted."""
    total, folders = 0, [str(folder)]
    while folders and total <= enough:
        with suppress(OSError), os.scandir(folders.pop()) as inside:
            for entry in inside:
                with suppress(OSError):
                    total += max(BLOCK, entry.stat(follow_symlinks=False).st_size)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
    return total


@contextmanager
def folder_for(scratch: Path) -> Iterator[Path]:
    """A folder to work in, which is removed however deep a notebook made it."""
    made = Path(tempfile.mkdtemp(dir=scratch)).resolve()
    try:
        yield made
    finally:
        subprocess.run(["rm", "-rf", "--", made], stderr=subprocess.DEVNULL, check=False)


def processors() -> list[int]:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else [*range(os.cpu_count() or 1)]


def _psutil() -> Any:
    """The package that looks at processes, which Jupyter brings."""
    with suppress(ImportError):
        import psutil
        return psutil
