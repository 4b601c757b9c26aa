"""System calls that a notebook has no use for are refused, by Linux's own filter (seccomp).

Comes beside the walls of files and namespaces, which leave open what has neither a path nor a name:
sockets of the machine's services, memory that counts for nobody, the choice of a processor.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from typing import Any

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
