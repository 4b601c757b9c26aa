"""A class of hostile learners: what each tries, the points it earns, words of the remark it gets.

Most notebooks answer an exercise rightly and try something else; some answer wrongly and try to get
the point. Honest learners stand among them, and some hand in what is no notebook.
"""

import json
import os
import socket
from pathlib import Path

HEAD = """
import ctypes, glob, json, os, signal, socket, subprocess, sys, time
import numpy
import tutor as theano
import tutor.tensor as T
from tutor.course import check
x = T.dscalar("x")"""
ASLEEP = f"4321.{os.getpid()}"  # seconds that a process left behind sleeps, known by them
RIGHT, WRONG = 'check("05-1", 3 * x**2 - 2)', 'check("05-1", x)'

PRYING = [  # each of these cells fails
    "open('CLASS/ada/05.ipynb')", "open('CLASS/ada/05.ipynb', 'w')", "os.listdir('CLASS')",
    "open('OUT/grades.csv', 'w')", "socket.create_connection(('127.0.0.1', PORT), 2)",
    "socket.socket(socket.AF_UNIX).connect('SERVICE')",
    "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', 'SERVICE')",
    "socket.socket(socket.AF_UNIX).connect('\\0SERVICE')", "os.memfd_create('x')",
    "if ctypes.CDLL(None).shmget(0, 2**33, 0o1600) < 0: 1 / 0",
    "if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0): 1 / 0",
    "os.sched_setaffinity(0, range(64))", "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "open('/dev/tty', 'w')", "os.mknod('disk', 0o60600, os.makedev(8, 0))",
    "os.link('CLASS/ada/05.ipynb', 'mine')", "open('/etc/passwd', 'a')", "os.mkdir('/mnt/x')",
    "os.setpriority(os.PRIO_PROCESS, 0, -20)", "open('/proc/sys/kernel/core_pattern', 'w')"]
SAYS = """def says(text):
  for fd in range(3, 64):
    try: os.write(fd, text.encode() + b"\\n")
    except OSError: pass
"""
SOLVED = {"solved": True, "answer": {"value": {"dtype": "float64", "shape": [], "numbers": [0.3]}}}

HOSTILE = {
    "pries": (PRYING, 0, f"{len(PRYING) - 6} more cells raise errors"),
    "endless": ([RIGHT, "while True: pass"], 1, "ended after"),
    "sleeps where it cannot be interrupted": (["signal.pthread_sigmask(0, range(1, 64))\n"
                                               "while True: time.sleep(1)"], 0, "ended after"),
    "takes memory": (["held = [bytearray(2**26) for _ in range(10**4)]", RIGHT], 1, "MemoryError"),
    "takes memory in many processes": (
        ["for _ in range(20):\n  if not os.fork(): held = b'1' * 2**27; time.sleep(60)\n"
         "time.sleep(60)"], 0, "of memory"),
    "fork bomb": (["while True:\n  try: os.fork()\n  except OSError: pass"], 0, "was ended"),
    # Where memory runs out Python may wait for ever for a thread that never began.
    "threads": ([RIGHT, "import threading\nfor _ in range(5000): "
                 "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"], 1, ""),
    "fills the disk": (["i = 0\nwhile True:\n  i += 1\n"
                        "  with open(f'{i}', 'wb') as f: f.write(b'1' * 2**24)"], 0, ""),
    "fills the disk elsewhere": (
        ["for folder in '/dev/shm', '/tmp', '/var/tmp':\n  try:\n"
         "    with open(folder + '/tutor-grade-test', 'wb') as f: f.write(b'1' * 2**24)\n"
         "  except OSError: pass"], 0, ""),
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
    "kills its parent": ([RIGHT, "os.kill(os.getppid(), 9)"], 1, ""),
    "kills all it can": ([RIGHT, "for p in range(1, 70000):\n  if p != os.getpid():\n"
                          "    try: os.kill(p, 9)\n    except OSError: pass",
                          "os.kill(-1, signal.SIGKILL)"], 1, ""),
    "leaves a process behind": (
        [RIGHT, "subprocess.Popen(['sleep', 'SLEEP'], start_new_session=True)",
         "answer = {'value': {'dtype': 'float64', 'shape': [], 'numbers': [0.1]}}\n"
         "if not os.fork():\n  os.setsid(); time.sleep(1)\n  for fd in range(3, 64):\n"
         "    try: os.write(fd, json.dumps({'name': '08-1', 'answer': answer}).encode() + b'\\n')\n"
         "    except OSError: pass\n  time.sleep(4321)",
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
    "at exit": (["import atexit\natexit.register(lambda: check('05-1', 3 * x**2 - 2))", WRONG,
                 "class A:\n  def __del__(self): check('05-1', 3 * x**2 - 2)\n"
                 "kept = [A()]; kept.append(kept)"], 0, "05-1"),
    "takes an answer back": ([RIGHT, WRONG], 0, "05-1"),
    "an answer that takes for ever": (
        ["steps = theano.scan(lambda k: k + 1.0, outputs_info=x, n_steps=10**8)[0]",
         "check('05-1', steps[-1])", "check('08-1', 0.1)"], 1, "took too long"),
    "an answer that takes all memory": (["check('05-1', x + T.sum(T.zeros((10**5, 10**6))))",
                                         "check('08-1', 0.1)"], 1, "05-1"),
    "an answer that is nested deeply": (
        ["y = x\nfor _ in range(3000): y = T.sin(y)\ncheck('05-1', y)",
         "deep = x\nfor _ in range(500): deep = [deep]\ncheck('07-1', deep)"], 0, "05-1"),
    "an answer of nans": (["class Any(float):\n  def __eq__(self, o): return True\n"
                           "  def __array__(self, *a, **k): return numpy.array(0.3)\n"
                           "check('08-3', Any(7))", "check('08-1', float('nan'))",
                           "check('05-1', x * numpy.nan)",
                           "check('08-2', numpy.full(10**5, numpy.nan))"], 0, "08-1"),
    # what has no path, or is counted for nobody
    "keeps files that have no name": (
        ["held = []\nfor _ in range(20):\n  f = open('x', 'wb')\n  os.unlink('x')\n"
         "  f.write(b'1' * 2**25); held.append(f)", RIGHT], 1, "No space left"),
    "thousands of files": ([RIGHT, "for i in range(30_000): open(str(i), 'w')"], 1, ""),
    "folders too deep for a path": (
        [RIGHT, "for _ in range(5000): os.mkdir('d'); os.chdir('d')"], 1, ""),
    # who asks the grader's own process
    "stops its parent": ([RIGHT, "os.kill(os.getppid(), signal.SIGSTOP)\n"
                          "os.kill(1, signal.SIGTERM)"], 1, ""),
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
         "  except OSError: pass", WRONG, "from tutor.course import learner; learner('ada')",
         "check('\uff10\uff15-1', 3 * x**2 - 2)", "check('05-1\u200b', 3 * x**2 - 2)"], 0, "05-1"),
    "a cell without end": (["raise Exception('x' * 10**7)", "class E(Exception):\n"
                            "  def __str__(self): os._exit(0)\nraise E"], 0, "Cell 2 raises"),
    "numbers of all kinds": (
        ["check('05-1', 10**400)", "check('08-1', numpy.longdouble('1e4000'))",
         "check('08-2', 1e309)", "check('05-2', -10**30 + 0j)",
         "value = '{\"name\":\"07-1\",\"answer\":{\"value\":{\"dtype\":\"%s\",'\n"
         "value += '\"shape\":%s,\"numbers\":[%s]}}}\\n'\n"
         "for part in (('float64', '[]', 'NaN'), ('float64', '[]', '9' * 5000), ('O', '[]', '0'), "
         "('S1000000000', '[]', '0'), ('float64', '[99999, 99999, 99999]', '1')):\n"
         "  for fd in range(3, 64):\n    try: os.write(fd, (value % part).encode())\n"
         "    except OSError: pass"], 0, "07-1"),
    "a graph that leads back": (
        ["from tutor.course import record\nfor of in [-1], [0], [10**9], ['x']:\n"
         "  step = {'op': 'sin', 'of': of, 'names': ['x'] * 3}\n"
         "  record.send('05-1', {'expression': {'steps': [step], 'result': 0}})",
         "leaf = {'type': ['float64', [True] * 10**5], 'name': 'x' * 10**5}\n"
         "record.send('07-1', {'expression': {'steps': [leaf] + [{'op': 'add', 'of': [i, i], "
         "'names': ['n']} for i in range(10**4)], 'result': 10**4}})\n"
         "for op in 'Print', 'Assert', 'os.system':\n"
         "  step = {'op': op, 'of': [], 'with': {'message': 'x'}, 'names': []}\n"
         "  record.send('08-1', {'expression': {'steps': [step], 'result': 0}})"],
        0, "05-1: "),
    # who changes what runs it
    "answers for the next cell": (["def right(name, answer): T.grad(x**3, x)\n"
                                   "get_ipython().run_cell = right", WRONG], 0, ""),
    "replaces modules": (["import types\nfor name in [n for n in sys.modules if n[:5] == 'tutor']: "
                          "sys.modules[name] = types.ModuleType(name)", WRONG,
                          "check('08-1', 0.1)"], 0, "Cell 3 raises"),
    "changes the clock": (["time.time = time.monotonic = lambda: 0\nsignal.setitimer(0, 0)\n"
                           "import resource\nresource.setrlimit(0, (-1, -1))",
                           "for n in range(16): resource.prlimit(os.getppid(), n, (0, 0))",
                           "os.nice(-5)"], 0, "Cell 4 raises"),
    "shadows modules": (["open('json.py', 'w').write('dumps = None')\n"
                         "open('sitecustomize.py', 'w').write('open(\"OUT/site\", \"w\")')\n"
                         "import importlib; importlib.reload(json)", RIGHT], 0, ""),
    "answers in another thread": (
        ["import threading\nthreading.Thread(target=lambda: (time.sleep(1), check('05-1', "
         "3 * x**2 - 2))).start()", WRONG], 0, "05-1"),
    "is no text": (["print('\ud800')", "\0", "%%bash\necho hello > here", "!echo hello",
                    RIGHT], 1, "Cell 2 raises"),
    # who lies about what it is
    "answers that are not what they say": (
        ["class Lies(float):\n  __class__ = property(lambda self: type(3 * x**2))\n"
         "  __eq__ = __ge__ = __le__ = lambda self, other: True\n"
         "  __hash__ = float.__hash__\n  def __getattr__(self, name): return self\n"
         "check('05-1', Lies(7)); check('08-1', Lies(7))",
         "class Text(str):\n  __str__ = __repr__ = lambda self: '0.1'\n"
         "  owner = None; type = x.type; name = 'x'\ncheck('08-2', Text('7'))",
         "circle = []; circle.append(circle); check('07-1', circle)",
         "table = {}; table['value'] = table; check('07-2', table)",
         "check('08-3', (0.3 for _ in range(9)))", "check('09-2', 10**5000)"], 0,
        "09-2: It is a number (of more than 64 bits)"),
    "asks the judge itself": (
        [SAYS + "ask = json.dumps({'learner': '', 'seconds': 1, 'names': ['05-1'], 'size': 9})\n"
         "for line in (ask, ask + '\\n' * 99, '{\"done\": 1, \"spent\": -1e9}', "
         "'{\"begun\": \"05-1\", \"spent\": 1e9}', '{\"name\": \"05-1\", \"grade\": "
         "\"right\", \"why\": \"\"}', '{\"size\": 99999999}'): says(line)", WRONG], 0, "05-1"),
    "says it twice": (
        [SAYS + "value = '{\"value\": {\"dtype\": \"float64\", \"shape\": [], \"numbers\": "
         "[%s]}}'\nfor kind in 'NaN', 'Infinity', '-0.0', '1e999', '0.3, 0.1':\n"
         "  says('{\"name\": \"08-1\", \"name\": \"08-1\", \"answer\": %s, \"answer\": %s}'"
         " % (value % 0.3, value % kind))\n"
         "for kind in '(99999999,)f8', 'f8,f8', 'V9', 'M8[s]':\n"
         "  says('{\"name\": \"08-2\", \"answer\": %s}' % value.replace('float64', kind) % 0.3)"],
        0, "08-2"),
    # who changes the machine below
    "hears and traces all": (
        [RIGHT, "sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)\n"
         "def hears(event, args): raise SystemExit\nsys.addaudithook(hears)", "check('08-1', 7)"],
        1, ""),
    "pokes into memory": (
        ["from tutor.course import record\nrecord._sent.clear()\n"
         "ctypes.memmove(id(7.5) + 16, id(0.1) + 16, 8)\n"
         "ctypes.c_long.from_address(id(256) + 24).value = 255", "check('08-1', 7)", WRONG], 0, ""),
    "closes its mouth": ([RIGHT, "sys.stdout = sys.stderr = None; json.dumps = os.write = None",
                          "os.closerange(0, 99)", "check('08-1', 0.1)"], 1, ""),
    "writes after the end": (
        [SAYS + "import threading\ndef on():\n  while True: says('{\"name\": \"05-1\", \"grade\": "
         "\"right\", \"points\": 9}'); time.sleep(0.01)\n"
         "for _ in range(3): threading.Thread(target=on).start()\n"
         "if not os.fork(): os.setsid(); on()", WRONG], 0, "05-1"),
    "moves its home": (
        ["os.environ.update(HOME='CLASS/ada', PATH='.', TMPDIR='OUT', PYTHONPATH='.')\n"
         f"solved = json.dumps({{'format': 2, 'exercises': {{'08-3': {SOLVED}}}}})\n"
         "for place in '.', '..', os.path.expanduser('~'), '/tmp':\n"
         "  try: open(place + '/progress.json', 'w').write(solved)\n"
         "  except OSError: pass", "check('08-3', 7)"], 0, "08-3"),
    "breaks the compiler": ([RIGHT, "exec('(' * 10**5)", "eval('-' * 10**6 + '1')",
                             "eval('+'.join('1' * 10**6))", "check('08-1', 7)"], 1, ""),
    "hides in its class": (
        ["class Meta(type):\n  def __instancecheck__(cls, one): return True\n"
         "  def __subclasscheck__(cls, one): return True\nclass All(metaclass=Meta): pass\n"
         "import builtins\nfor name in 'float', 'dict', 'str', 'list', 'type': "
         "setattr(builtins, name, All)", WRONG, "check('08-1', All())"], 0, ""),
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
    (folder / "links" / "05").symlink_to(folder / "ada")
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "05.ipynb")
    (folder / "a folder" / "05.ipynb").mkdir(parents=True)
    (folder / "a socket").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "a socket" / "05.ipynb"))
    (folder / "says it is solved").mkdir()
    told = {"05-1": {"solved": True, "answer": None}, "08-1": {"solved": True, "answer": {
        "value": {"dtype": "float64", "shape": [], "numbers": [0.3]}}}}
    text = json.dumps({"format": 1, "exercises": told})
    (folder / "says it is solved" / "progress.json").write_text(text)


FILES = ("no JSON", "no notebook", "a list", "binary", "deep", "empty", "enormous", "links",
         "a link", "pipe", "a folder", "a socket", "says it is solved", "thousands", "deeper than")
