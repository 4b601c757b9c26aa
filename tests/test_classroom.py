"""A class is graded: no point that is not earned, no neighbour harmed, whatever is handed in.

Every notebook is made here. `HOSTILE` has what each tries, and the points it gets for what else it
answers; three honest learners stand among them, and the class is graded once, by the command.
"""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tutor import cli
from tutor.core.errors import TutorError
from tutor.course.grading.collect import collect, meant
from tutor.course.grading.command import STOPPED, chosen
from tutor.course.grading.judge import answers, judge
from tutor.course.grading.report import named
from tutor.course.grading.running import Running
from tutor.course.grading.sandbox import Limits, Sandbox
from tutor.course.grading.walls import beside

HEAD = """
import ctypes, glob, json, os, signal, socket, subprocess, sys, time
import numpy
import tutor as theano
import tutor.tensor as T
from tutor.course import check
x = T.dscalar("x")"""
ASLEEP = f"4321.{os.getpid()}"  # seconds that a process left behind sleeps, known by them
RIGHT, WRONG = 'check("05-1", 3 * x**2 - 2)', 'check("05-1", x)'

HOSTILE = {
    "endless": ([RIGHT, "while True: pass"], 1, "ended after"),
    "sleeps where it cannot be interrupted": (["signal.pthread_sigmask(0, range(1, 64))\n"
                                               "while True: time.sleep(1)"], 0, "ended after"),
    "takes memory": (["held = [bytearray(2**26) for _ in range(10**4)]", RIGHT], 1, "MemoryError"),
    "takes memory in many processes": (
        ["for _ in range(20):\n  if not os.fork(): held = b'1' * 2**27; time.sleep(60)\n"
         "time.sleep(60)"], 0, "of memory"),
    "fork bomb": (["while True:\n  try: os.fork()\n  except OSError: pass"], 0, "was ended"),
    "threads": (["import threading\nfor _ in range(5000): "
                 "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", RIGHT],
                1, ""),
    "fills the disk": (["i = 0\nwhile True:\n  i += 1\n"
                        "  with open(f'{i}', 'wb') as f: f.write(b'1' * 2**24)"], 0, ""),
    "fills the disk elsewhere": (
        ["for folder in '/dev/shm', '/tmp', '/var/tmp':\n  try:\n"
         "    with open(folder + '/tutor-grade-test', 'wb') as f: f.write(b'1' * 2**24)\n"
         "  except OSError: pass"], 0, ""),
    "reads a neighbour": (
        ["text = open('CLASS/ada/05.ipynb').read()\ncheck('08-1', 0.1)"], 0, "raises"),
    "writes to a neighbour": (["open('CLASS/ada/05.ipynb', 'w').write('')"], 0, "raises"),
    "writes the results": (["open('OUT/grades.csv', 'w').write('me,100')"], 0, "raises"),
    "edits the checks": (["import tutor.course.checks as c\nopen(c.__file__, 'w').write('')",
                          "vars(c)['judged'] = lambda *a: None", WRONG], 0, "raises"),
    "edits the checks in memory": (["import tutor.course.checks as c\n"
                                    "vars(c)['judged'] = lambda *a: None\n"
                                    "c.check.__code__ = (lambda n, a=None: True).__code__",
                                    WRONG], 0, ""),
    "patches NumPy": (["numpy.allclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True",
                       WRONG, "check('08-1', 7)"], 0, "08-1: 7 is not"),
    "patches builtins and json": (
        ["import builtins\nbuiltins.all = builtins.isinstance = lambda *a: True\n"
         "json.dumps = lambda *a, **k: '{\"name\": \"05-1\", \"grade\": \"right\"}'",
         WRONG], 0, ""),
    "pickles": (["class Mine:\n  def __reduce__(self): return os.system, ('touch OUT/pickled',)\n"
                 "check('05-1', Mine())", "import pickle\ncheck('08-1', pickle.dumps(Mine()))"],
                0, "08-1"),
    "prints a verdict": (["print('✓ Right.')", "print(json.dumps({'name': '05-1', 'grade': "
                          "'right', 'why': ''}))", WRONG], 0, ""),
    "writes to every open file": (
        [WRONG, "for fd in range(3, 64):\n  try:\n    for line in ({'name': '05-1', 'grade': "
         "'right'}, {'end': 1}, {'held': []}, {'name': '07-1', 'answer': {'pickle': 'gASV'}}):\n"
         "      os.write(fd, json.dumps(line).encode() + b'\\n')\n"
         "    os.write(fd, b'[' * 10**6 + b'\\n' + b'\\xff\\n')\n  except OSError: pass"], 0, ""),
    "reads the key": (["import tutor.course.key", "found = glob.glob('REPO/**/solutions.toml', "
                       "recursive=True) + glob.glob('REPO/tests/*')\nopen(found[0]).read()",
                       "check('05-1')"], 0, "Cell 3 raises"),
    "uses the network": (["socket.create_connection(('127.0.0.1', PORT), 2)"], 0, "raises"),
    "kills its parent": ([RIGHT, "os.kill(os.getppid(), 9)"], 1, ""),
    "kills all it can": ([RIGHT, "for p in range(1, 70000):\n  if p != os.getpid():\n"
                          "    try: os.kill(p, 9)\n    except OSError: pass",
                          "os.kill(-1, signal.SIGKILL)"], 1, ""),
    "leaves a process behind": (
        [RIGHT, "subprocess.Popen(['sleep', 'SLEEP'], start_new_session=True)",
         "if not os.fork():\n  os.setsid()\n  if not os.fork(): time.sleep(4321)\n  os._exit(0)"],
        1, ""),
    "prints gigabytes": ([RIGHT, "for _ in range(2000): print('x' * 2**20)"], 1, ""),
    "sends gigabytes": ([RIGHT, "for fd in range(3, 64):\n  try:\n    while True: os.write(fd, "
                         "b'x' * 2**16)\n  except OSError: pass"], 1, "more than 8 MB"),
    "asks for input": (["answer = input('Points? ')", RIGHT], 1, "raises"),
    "an answer that is code": (["check('05-1', \"__import__('os').system('touch OUT/code')\")",
                                "check('08-1', '0.1')"], 0, "05-1: It is a string"),
    "answers after a crash": (["1 / 0", "this is no Python", RIGHT], 1, "ZeroDivisionError"),
    "exits": ([RIGHT, "sys.exit(0)", "check('08-1', 0.1)", "exit()", "quit()"], 2, ""),
    "exits at once": ([RIGHT, "os._exit(0)", "check('08-1', 0.1)"], 1, ""),
    "crashes": ([RIGHT, "ctypes.string_at(0)", "check('08-1', 0.1)"], 1, "ended by itself"),
    "at exit": (["import atexit\natexit.register(lambda: check('05-1', 3 * x**2 - 2))", WRONG], 0,
                "05-1"),
    "takes an answer back": ([RIGHT, WRONG], 0, "05-1"),
    "an answer that takes for ever": (
        ["steps = theano.scan(lambda k: k + 1.0, outputs_info=x, n_steps=10**8)[0]",
         "check('05-1', steps[-1])", "check('08-1', 0.1)"], 1, "took too long"),
    "an answer that takes all memory": (["check('05-1', x + T.sum(T.zeros((10**5, 10**6))))",
                                         "check('08-1', 0.1)"], 1, "05-1"),
    "an answer that is nested deeply": (
        ["y = x\nfor _ in range(3000): y = T.sin(y)\ncheck('05-1', y)",
         "deep = x\nfor _ in range(500): deep = [deep]\ncheck('07-1', deep)"], 0, "05-1"),
    "an answer of nans": (["check('08-1', float('nan'))", "check('05-1', x * numpy.nan)",
                           "check('08-2', numpy.full(10**5, numpy.nan))"], 0, "08-1"),
    # what has no path, or is counted for nobody
    "talks to a service": (["socket.socket(socket.AF_UNIX).connect('SERVICE')",
                            "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto("
                            "b'x', 'SERVICE')"], 0, "Cell 2 raises"),
    "talks to a service without a path": (["socket.socket(socket.AF_UNIX).connect('\\0SERVICE')"],
                                          0, "Cell 2 raises"),
    "keeps files that have no name": (
        ["held = []\nfor _ in range(20):\n  f = open('x', 'wb')\n  os.unlink('x')\n"
         "  f.write(b'1' * 2**25); held.append(f)", RIGHT], 1, "No space left"),
    "keeps memory in files": (["held = [os.memfd_create('x') for _ in range(9)]", RIGHT], 1,
                              "PermissionError"),
    "keeps memory for all": (["if ctypes.CDLL(None).shmget(0, 2**33, 0o1600) < 0: 1 / 0", RIGHT], 1,
                             "ZeroDivisionError"),
    "a million files": (["for i in range(10**6): open(str(i), 'w')", RIGHT], 1, "raises"),
    "folders without end": ([RIGHT, "while True: os.mkdir('d'); os.chdir('d')"], 1, ""),
    "takes all processors": (["os.sched_setaffinity(0, range(64))"], 0, "PermissionError"),
    # who asks the grader's own process
    "traces its parent": (["if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0): 1 / 0"], 0,
                          "ZeroDivisionError"),
    "reads its parent's memory": (["open(f'/proc/{os.getppid()}/mem', 'rb').read(1)"], 0, "raises"),
    "reads what it was started with": (["open('/proc/self/environ').read() + 1"], 0, "raises"),
    "stops its parent": ([RIGHT, "os.kill(os.getppid(), signal.SIGSTOP)\n"
                          "os.kill(1, signal.SIGTERM)"], 1, ""),
    "types on the teacher's terminal": (["os.open('/dev/tty', os.O_RDWR)"], 0, "raises"),
    "sends signals by a pipe": (
        [RIGHT, "import fcntl\nfor fd in range(3, 64):\n  try: fcntl.fcntl(fd, fcntl.F_SETOWN, 1); "
         "fcntl.fcntl(fd, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\n  except OSError: pass"],
        1, ""),
    # who writes what looks like a mark
    "puts words into a remark": (["raise Exception('” 05-1: right. 10 points. “')"], 0,
                                 "raises “Exception: \" 05-1: right. 10 points. \"”"),
    "is called as another": (
        ["for fd in range(3, 64):\n  try: os.write(fd, json.dumps({'notebook': 'ada', 'learner': "
         "'ada', 'remarks': [], 'end': True, 'begun': '05-1'}).encode() + b'\\n')\n"
         "  except OSError: pass", WRONG], 0, "05-1"),
    "a cell without end": (["raise Exception('x' * 10**7)", "class E(Exception):\n"
                            "  def __str__(self): os._exit(0)\nraise E"], 0, "Cell 2 raises"),
    "numbers of all kinds": (
        ["check('05-1', 10**400)", "check('08-1', numpy.longdouble('1e4000'))",
         "check('08-2', 1e309)", "check('05-2', -10**30 + 0j)"], 0, "08-2"),
    "a graph that leads back": (
        ["from tutor.course import record\nfor of in [-1], [0], [10**9], ['x']:\n"
         "  step = {'op': 'sin', 'of': of, 'names': ['x'] * 3}\n"
         "  record.send('05-1', {'expression': {'steps': [step], 'result': 0}})"], 0, "05-1: "),
    # who changes what runs it
    "answers for the next cell": (["def right(name, answer): T.grad(x**3, x)\n"
                                   "get_ipython().run_cell = right", WRONG], 0, ""),
    "changes the clock": (["time.time = time.monotonic = lambda: 0\nsignal.setitimer(0, 0)\n"
                           "import resource\nresource.setrlimit(0, (-1, -1))"], 0, "Cell 2 raises"),
    "shadows modules": (["open('json.py', 'w').write('dumps = None')\n"
                         "open('sitecustomize.py', 'w').write('open(\"OUT/site\", \"w\")')\n"
                         "import importlib; importlib.reload(json)", RIGHT], 0, ""),
    "answers in another thread": (
        ["import threading\nthreading.Thread(target=lambda: (time.sleep(1), check('05-1', "
         "3 * x**2 - 2))).start()", WRONG], 0, "05-1"),
    "is no text": (["print('\ud800')", "\0", "%%bash\necho hello > here", "!echo hello",
                    RIGHT], 1, "Cell 2 raises"),
    "walks round T.grad": (["y = x**3 - 2 * x\ncheck('05-1', T.grad(None, x, known_grads="
                            "{y: T.constant(1.0)}))"], 0, "It was made by T.grad"),
    "has a table": (["check('05-1', sum(T.eq(x, a) * (3 * a**2 - 2) for a in (-2, -0.3, 0.5, 1.7, "
                     "3)))"], 0, "05-1: At x"),
    "a\nb": ([RIGHT], 1, ""),
    "a b": ([WRONG], 0, ""),
    "zo\u0065\u0308": ([RIGHT], 1, ""),
    "zo\u00eb": ([WRONG], 0, ""),
    "<img src=x onerror=alert(1)>": ([RIGHT], 1, ""),
    "=cmd()": ([RIGHT], 1, ""),
    "\u202eidbo": ([RIGHT], 1, ""),
}  # fmt: skip


def notebook(*cells: str) -> str:
    """A notebook of these cells, as a file's text; each says it was right."""
    said = [{"output_type": "stream", "name": "stdout", "text": "✓ Right."}]
    made = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": said,
             "execution_count": 1} for text in (HEAD, *cells)]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def lay_out(folder: Path, out: Path) -> None:
    """Write what the class hands in."""
    words = {"CLASS": str(folder), "OUT": str(out), "REPO": str(Path(__file__).parents[1]),
             "PORT": "22", "SLEEP": ASLEEP, "SERVICE": str(out / "service")}
    for learner, (cells, _, _) in HOSTILE.items():
        text = notebook(*cells)
        for word, value in words.items():
            text = text.replace(word, value)
        (folder / learner).mkdir(parents=True)
        (folder / learner / "05.ipynb").write_text(text, encoding="utf-8")
    for learner in ("ada", "bo"):
        (folder / learner).mkdir()
        (folder / learner / "numbers.txt").write_text("0.1")
        text = notebook(RIGHT, "check('08-1', float(open('numbers.txt').read()))")
        (folder / learner / "05.ipynb").write_text(text, encoding="utf-8")
    (folder / "cy.ipynb").write_text(notebook(RIGHT, "check('08-1', 0.1)"), encoding="utf-8")
    for name in ("one", "two"):
        (folder / "twins" / name).mkdir(parents=True)
    (folder / "twins" / "one" / "05.ipynb").write_text(notebook(RIGHT), encoding="utf-8")
    (folder / "twins" / "two" / "point.py").write_text("ONE = 0.1")
    text = notebook("import point\ncheck('08-1', point.ONE if open('point.py') else 0)")
    (folder / "twins" / "two" / "05.ipynb").write_text(text)
    lay_out_files(folder)


def lay_out_files(folder: Path) -> None:
    """Write what is no notebook, though it is called one."""
    contents = {"no JSON": b"{", "no notebook": b'{"cells": 3}', "a list": b"[]",
                "binary": bytes(range(256)) * 64, "deep": b"[" * 10**6, "empty": b""}
    for learner, content in contents.items():
        (folder / learner).mkdir()
        (folder / learner / "05.ipynb").write_bytes(content)
    (folder / "enormous").mkdir()
    with open(folder / "enormous" / "05.ipynb", "wb") as file:
        file.truncate(2**33)
    (folder / "links").mkdir()
    (folder / "links" / "05.ipynb").symlink_to(folder / "ada" / "05.ipynb")
    (folder / "links" / "in a circle").symlink_to(folder)
    (folder / "a link").symlink_to(folder / "ada")
    for number in range(1100):
        (folder / "thousands").mkdir(exist_ok=True)
        (folder / "thousands" / f"{number}.txt").touch()
    deep = folder / "deeper than" / "/".join("d" * 30)
    deep.mkdir(parents=True)
    (deep / "05.ipynb").write_text(notebook(RIGHT))
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "05.ipynb")
    (folder / "says it is solved").mkdir()
    told = {"05-1": {"solved": True, "answer": None}, "08-1": {"solved": True, "answer": {
        "value": {"dtype": "float64", "shape": [], "numbers": [0.3]}}}}
    text = json.dumps({"format": 1, "exercises": told})
    (folder / "says it is solved" / "progress.json").write_text(text)


FILES = ("no JSON", "no notebook", "a list", "binary", "deep", "empty", "enormous", "links",
         "a link", "pipe", "says it is solved", "thousands", "deeper than")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, graded once: its folder, where the marks went, rows by learner, seconds."""
    if sys.platform != "linux":
        pytest.skip("only Linux holds all of it")
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    lay_out(folder, out)
    before = contents(folder)
    begun = time.monotonic()
    services = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for service, name in zip(services, ("", "\0"), strict=True):
        service.bind(f"{name}{out / 'service'}")
        service.listen()
        service.setblocking(False)
    assert cli.main(["grade", str(folder), "--out", str(out), "--seconds", "6"]) == 0
    seconds = time.monotonic() - begun
    assert contents(folder) == before
    for service in services:
        with service, pytest.raises(BlockingIOError):
            service.accept()
    (out / "service").unlink()
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["learner"].lstrip("'"): row for row in csv.DictReader(file)}
    return folder, out, rows, seconds


def contents(folder: Path) -> dict[str, object]:
    """All that lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.stat().st_size < 2**20 else 0
            for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize("learner", HOSTILE)
def test_a_hostile_notebook_gets_the_points_that_it_earns(graded, learner):
    _, points, words = HOSTILE[learner]
    row = graded[2][named(learner)]
    assert int(row["points"]) == points, row["remarks"]
    assert words in row["remarks"]


@pytest.mark.parametrize("learner", FILES)
def test_what_is_no_notebook_gets_no_points_and_a_remark(graded, learner):
    row = graded[2][learner]
    assert row["points"] == "0" and row["remarks"]


def test_honest_learners_among_them_get_theirs(graded):
    rows = graded[2]
    assert [rows[name]["points"] for name in ("ada", "bo", "cy", "twins")] == ["2"] * 4
    assert not any(rows[name]["remarks"] for name in ("ada", "bo", "cy", "twins"))
    assert len(rows) == len(HOSTILE) + len(FILES) + 4


def test_nothing_is_left_of_a_class_but_its_marks(graded):
    out = graded[1]
    assert {path.name for path in out.iterdir()} == {"grades.csv", "grades.html"}
    elsewhere = [Path(place) / "tutor-grade-test" for place in ("/dev/shm", "/tmp", "/var/tmp")]
    assert not any(path.exists() for path in elsewhere)
    until = time.monotonic() + 10  # a killed process takes a moment to go
    while left_running() and time.monotonic() < until:
        time.sleep(0.1)
    assert not left_running()


def left_running() -> list[str]:
    """The commands of what a notebook or the grader started and that runs still."""
    everything = [p.info["cmdline"] or () for p in psutil.process_iter(["cmdline"])]
    ours = [p.as_dict(["cmdline"])["cmdline"] or ()
            for p in psutil.Process().children(recursive=True)]
    return [*(" ".join(command) for command in everything if ASLEEP in command),
            *(line for line in map(" ".join, ours) if "tutor.course.grading" in line)]


def test_the_page_holds_names_as_text(graded):
    page = (graded[1] / "grades.html").read_text(encoding="utf-8")
    assert "<img" not in page and "&lt;img src=x" in page and "\u202e" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "'=cmd()" in (graded[1] / "grades.csv").read_text(encoding="utf-8")


SPY = """
held = []
def tries(name, *calls):
    for call in calls:
        try: got = call()
        except Exception: continue
        if got: held.append(name)
import tutor
tries("files", lambda: open("NEIGHBOUR").read() == "secret", lambda: open("KEY").read(),
      lambda: "neighbour.txt" in os.listdir("FOLDER"), lambda: __import__("tutor.course.key"),
      lambda: open(tutor.__file__, "a"),
      lambda: os.mkdir(os.path.dirname(tutor.__file__) + "/x") is None)
for path in "NEIGHBOUR", "MARKS":  # where it has a file of that name, it is one of its own
    try: open(path, "w").write("mine")
    except Exception: pass
tries("network", lambda: socket.create_connection(("127.0.0.1", PORT), 2))
tries("processes", lambda: os.kill(OTHER, 0) is None)
check("00-1", len(held))
check("01-1", " ".join(held))
"""


@pytest.mark.parametrize("way", ["bwrap", "own"])
def test_what_is_held_on_this_machine_is_held(way, tmp_path):
    try:
        sandbox = Sandbox(tmp_path, Limits(seconds=20), [way])
    except OSError:
        pytest.skip("bubblewrap does not work here")
    if sandbox.open:
        pytest.skip(f"here {', '.join(sandbox.open)}")
    other = subprocess.Popen(["sleep", "60"])
    listening = socket.create_server(("127.0.0.1", 0))
    words = {"NEIGHBOUR": str(tmp_path / "neighbour.txt"), "MARKS": str(tmp_path / "marks.csv"),
             "FOLDER": str(tmp_path), "OTHER": str(other.pid),
             "PORT": str(listening.getsockname()[1]),
             "KEY": str(Path(cli.PACKAGE, "course", "key", "solutions.toml"))}
    (tmp_path / "neighbour.txt").write_text("secret")
    text = SPY
    for word, value in words.items():
        text = text.replace(word, value)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "spy.ipynb").write_text(notebook(text))
    with other, listening:
        found, remarks = answers(sandbox.ran(tmp_path / "work", "spy.ipynb").answers)
        other.kill()
    assert not remarks and found["01-1"] == {"text": ""}
    assert (tmp_path / "neighbour.txt").read_text() == "secret"
    assert not (tmp_path / "marks.csv").exists()


def test_what_is_hidden_is_not_reached_by_a_link(tmp_path):
    """As in a virtual environment, where lib64 is a link to lib."""
    hidden = tmp_path / "venv" / "lib" / "site-packages" / "tutor"
    hidden.mkdir(parents=True)
    for name in ("bin", "lib/site-packages/numpy", "elsewhere"):
        (tmp_path / "venv" / name).mkdir()
    (tmp_path / "venv" / "lib64").symlink_to("lib")
    (tmp_path / "venv" / "loop").symlink_to(tmp_path)
    (tmp_path / "venv" / "key").symlink_to(hidden / "key")
    (tmp_path / "venv" / "package").symlink_to(hidden)
    (tmp_path / "other").symlink_to("venv")
    (hidden / "key").mkdir()
    for root in ("venv", "other"):
        found = {path.relative_to(tmp_path / root).as_posix()
                 for path in beside(tmp_path / root, hidden)}
        assert found == {"bin", "elsewhere", "lib/site-packages/numpy"}
    assert [*beside(hidden / "key", hidden)] == []


def test_the_last_answer_that_can_be_read_counts():
    first, last = ({"value": {"dtype": "float64", "shape": [], "numbers": [n]}} for n in (0.1, 7))
    lines = [{"name": "08-1", "answer": last}, {"name": "08-1", "answer": first}, {"name": "0-0"},
             {"notebook": "a.ipynb"}, {"cell": 2, "error": "E"}]
    text = b"\n".join(json.dumps(line).encode() for line in lines) + b"\nnull\n[" + b"[" * 10**6
    verdicts, remarks = judge(text, ["08-1", "08-2"], 10, Running())
    assert (verdicts["08-1"].grade, verdicts["08-2"].grade) == ("right", "missing")
    assert remarks == ["“a.ipynb”: Cell 2 raises “E”",
                       "2 of the lines that left it are no answers."]


def test_what_is_stopped_ends_at_once_and_keeps_what_is_graded(tmp_path):
    for learner, cell in ("ada", RIGHT), ("bo", f"time.sleep({ASLEEP})"):
        (tmp_path / f"{learner}.ipynb").write_text(notebook(cell), encoding="utf-8")
    command = [sys.executable, "-c", "import sys, tutor.cli; sys.exit(tutor.cli.main())", "grade",
               str(tmp_path), "--jobs", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and "1  ada" in process.stdout.readline()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert "1 learner of 2: it was stopped" in process.stdout.read()
        assert process.wait() == STOPPED and time.monotonic() - begun < 5
    assert "\nada,1,1," in (tmp_path / "grades.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(("names", "words"), [(["55"], "no exercise and no notebook '55'"),
                                              (["05-9"], "Choose of 00, 01")])
def test_an_exercise_that_is_none_is_told(names, words):
    with pytest.raises(TutorError, match=words):
        chosen(names)
    assert chosen(["07", "05-1", "07-1"]) == ["07-1", "07-2", "07-3", "05-1"]


def test_wrong_input_is_one_error(tmp_path, capsys):
    assert cli.main(["grade", str(tmp_path / "absent")]) == 1
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path)]) == 1
    assert "has no notebooks in it" in capsys.readouterr().err
    for wrong in ("0", "-1", "many", "nan", "inf"):
        with pytest.raises(SystemExit):
            cli.main(["grade", str(tmp_path), "--seconds", wrong])
        assert "is no number" in capsys.readouterr().err
    (tmp_path / "ada.ipynb").write_text("{}")
    (tmp_path / "file").write_text("")
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "file")]) == 1
    assert "marks cannot be written" in capsys.readouterr().err


def test_a_class_that_is_the_current_folder_is_not_imported_from(tmp_path, monkeypatch):
    for name in ("json.py", "numpy.py", "tutor.py", "tomllib.py", "psutil.py"):
        (tmp_path / name).write_text("open('ran', 'w')")
    (tmp_path / "ada.ipynb").write_text(notebook(RIGHT))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", ".", "--exercises", "05"]) == 0
    assert "\nada,1,1,0" in (tmp_path / "grades.csv").read_text()
    assert not (tmp_path / "ran").exists()


def test_learners_are_told_apart(tmp_path):
    for path in ("ada/05.ipynb", "ada/deep/07.ipynb", "ada.ipynb", "bo.ipynb", ".hidden/05.ipynb",
                 "ada/.ipynb_checkpoints/05.ipynb", "cy/progress.json", "notes.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    found = {one.learner: [path.name for path in one.notebooks] for one in collect(tmp_path)}
    assert found == {"ada": ["05.ipynb", "07.ipynb"], "ada.ipynb": ["ada.ipynb"],
                     "bo": ["bo.ipynb"], "cy": []}


def test_what_update_and_reset_laid_aside_is_not_graded(tmp_path):
    for name in ("05-grad.ipynb", "05-grad.yours.ipynb", "08-descent.new.ipynb", "mine.ipynb",
                 "08-gradient-descent.ipynb", "earlier/05-grad.ipynb"):
        path = tmp_path / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (ada,) = collect(tmp_path)
    kept = ["05-grad.ipynb", "08-gradient-descent.ipynb", "mine.ipynb"]
    assert [path.name for path in ada.notebooks] == kept and len(ada.left) == 3
    asked = meant(ada, {"05", "08"}, {"05"})
    assert [path.name for path in asked.notebooks] == ["05-grad.ipynb", "mine.ipynb"]


def test_a_line_with_an_infinite_number_is_no_answer():
    value = {"dtype": "float64", "shape": [], "numbers": [7]}
    first = json.dumps({"name": "08-1", "answer": {"value": value}}).encode()
    text = first + b'\n{"error": "boo", "cell": Infinity}\n'
    verdicts, remarks = judge(text, ["08-1"], 10, Running())
    assert verdicts["08-1"].grade != "missing" and len(remarks) == 1
