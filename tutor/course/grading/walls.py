"""Walls around a process, which it builds itself before it runs a notebook, and cannot take down.

Limits are those of `resource`. On Linux files are held by Landlock, the network and other processes
by namespaces of the process's own, and seccomp refuses what has neither a path nor a name: sockets
of the machine's services, memory that counts for nobody, the choice of a processor. None needs
rights or anything installed. Each function says whether the platform gave what it asks for.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# From Linux's own headers: sched.h, prctl.h, landlock.h; the numbers are the same on all machines.
NEW_USER, NEW_PROCESSES, NEW_NETWORK, NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000
NEW_MOUNTS, PRIVATE, NO_SET_UID, NO_DEVICES = 0x00020000, 1 << 18 | 1 << 14, 2, 4
DEATH_SIGNAL = 1
CREATE_RULESET, ADD_RULE, RESTRICT_SELF, BENEATH = 444, 445, 446, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
NOBODY, FILES = 65534, 10_000
RIGHTS = (13, 14, 15, 15, 16)  # kinds of access to files that each version of Landlock knows
NO_NEW_RIGHTS, SECCOMP, FILTER = 38, 22, 2  # of prctl.h
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of bpf_common.h: on 32 bits
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 13  # of seccomp.h; 13 is EACCES
OTHER_TABLE = 0x40000000  # numbers of calls from here on are those of x32
#: By machine its number in audit.h, and those of the calls below in its table.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CALLS = {
    "socket": (41, 198), "io_uring_setup": (425, 425), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "shmget": (29, 194), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "mount": (165, 40),
    "unshare": (272, 97), "setns": (308, 268), "sched_setaffinity": (203, 122)}  # fmt: skip


def limit(seconds: int, memory: int, disk: int) -> bool:
    """Limit this process and its children: processor time, bytes of memory, bytes of a file."""
    try:
        import resource
    except ImportError:
        return False
    limits: dict[str, int] = {"CPU": seconds, "DATA": memory, "FSIZE": disk, "CORE": 0,
                              "NOFILE": 256, "NPROC": 1024}
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        with suppress(OSError, ValueError):
            if number is not None:
                hard = resource.getrlimit(number)[1]
                least = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(number, (least, least))
    return sys.platform == "linux"  # elsewhere the limit of memory is not kept


def most_memory() -> int:
    """The most bytes of memory that this process had at one time; 0 where the system does not say.
    """
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def end_after(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor, where it can; 0 is
    never."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def end_with_parent() -> None:
    """Let this process end when who started it ends, where the system can."""
    libc = c_library()
    if libc is not None:
        libc.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def stay_on(processor: int) -> None:
    """Run on this processor alone, where the system can say so: neighbours keep theirs."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {processor})


def separate(folder: str, disk: int) -> bool:
    """Move this process into namespaces of its own: no network, no process outside is seen, and
    what it writes to the folder is in memory, where that can be, and gone with it.

    It goes on as a grandchild, whose end and exit status end this one.
    """
    libc = c_library()
    whose = os.getuid(), os.getgid()
    if libc is None or libc.unshare(NEW_USER | NEW_PROCESSES | NEW_NETWORK | NEW_IPC):
        return False
    with suppress(OSError):
        _in_memory(libc, folder, disk, *whose)
    for _ in range(2):  # the first child is the init of its namespace, which no signal ends
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        end_with_parent()
    return True


def _in_memory(libc: Any, folder: str, disk: int, user: int, group: int) -> None:
    """Put a folder in memory, of so many bytes more, with the files that are in it."""
    given = {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} {user} 1"),
                       ("gid_map", f"{NOBODY} {group} 1")):
        Path("/proc/self", name).write_text(text)
    settings = f"size={disk + sum(map(len, given.values()))},nr_inodes={FILES},mode=700".encode()
    if libc.unshare(NEW_MOUNTS) or libc.mount(None, b"/", None, PRIVATE, None) or libc.mount(
            b"tmpfs", folder.encode(), b"tmpfs", NO_SET_UID | NO_DEVICES, settings):
        return
    for path, content in given.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def close_files(readable: Sequence[str], writable: Sequence[str], hidden: str) -> bool:
    """Close all files to this process but these and what is beneath them; `hidden` stays closed.

    Where the kernel can, TCP and signals to others are closed as well.
    """
    libc = c_library()
    version = libc.syscall(CREATE_RULESET, None, 0, 1) if libc else -1
    if libc is None or version < 1:
        return False
    files = (1 << RIGHTS[min(version, len(RIGHTS)) - 1]) - 1
    attributes = struct.pack("QQQ", files, 3, 3)[:8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    look = EXECUTE | READ_FILE | READ_DIR
    for path in readable:
        for open_ in beside(Path(path), Path(hidden)):
            _rule(libc, rules, open_, look)
        _rule(libc, rules, Path(path), READ_DIR)
    for path in writable:
        _rule(libc, rules, Path(path), files)
    libc.prctl(NO_NEW_RIGHTS, 1, 0, 0, 0)
    closed = not libc.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)
    return closed


def beside(path: Path, hidden: Path) -> Iterator[Path]:
    """The path, or where something hidden lies beneath it all that lies beside that.

    What is a link counts as what it leads to; a link to where the hidden lies is left out.

    >>> [*beside(Path("/usr/lib"), Path("/home"))] == [Path("/usr/lib")]
    True
    """
    real = path.resolve()
    if not path.exists() or real == hidden or hidden in real.parents:
        return
    if real not in hidden.parents:
        yield path
        return
    for inner in path.iterdir():
        if not (inner.is_symlink() and inner.resolve() in hidden.parents):
            yield from beside(inner, hidden)


def _rule(libc: Any, rules: int, path: Path, access: int) -> None:
    with suppress(OSError):
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
        access = access if path.is_dir() else access & OF_A_FILE
        if access:
            libc.syscall(ADD_RULE, rules, BENEATH, struct.pack("=Qi", access, number), 0)
        os.close(number)


def refuse_calls(libc: Any) -> bool:
    """Refuse these calls to this process and all that it starts; whether that could be done."""
    machine = MACHINES.get(platform.machine())
    if libc is None or machine is None:
        return False
    number, column = machine
    refused = [numbers[column] for numbers in CALLS.values()]
    # A jump counts the instructions that it leaves out; the last two allow and refuse.
    steps = [(LOAD, 0, 0, 4), (EQUAL, 0, len(refused) + 3, number), (LOAD, 0, 0, 0),
             (AT_LEAST, len(refused) + 1, 0, OTHER_TABLE)]
    steps += [(EQUAL, len(refused) - i, 0, call) for i, call in enumerate(refused)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    return (not libc.prctl(NO_NEW_RIGHTS, 1, 0, 0, 0)
            and not libc.prctl(SECCOMP, FILTER, program, 0, 0))


def c_library() -> Any:
    """The C library, where this is Linux."""
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
