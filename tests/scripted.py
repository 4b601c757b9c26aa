"""Programs of JavaScript, run all in one process: node where there is one, else Chromium.

A case is a compiled function and the arguments of each call; what comes back are its results as
NumPy's arrays, or the message of the error.
"""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest

from tutor.compile.javascript.module import module as module_of
from tutor.compile.javascript.module import script

#: Read the calls, make them, and give the bytes of all results.
DRIVER = """
const letter = (c) => String.fromCharCode(c);
const bytes = (v) => Array.from(new Uint8Array(v.copy().data.buffer), letter).join("");
const told = (v) => (v instanceof Tensor
  ? { dtype: v.dtype, shape: v.shape, bytes: btoa(bytes(v)) } : Object.values(v).map(told));
const answers = calls.map(([name, args]) => {
  try {
    return told(programs[name](...args.map((a) => fromBase64(...a))));
  } catch (problem) {
    return { error: String(problem.stack) };
  }
});
"""
WRITES = "process.stdout.write(JSON.stringify(answers));"


def packed(value, dtype):
    array = np.asarray(value, dtype)
    return [base64.b64encode(array.tobytes()).decode(), array.dtype.name, list(array.shape)]


def unpacked(found):
    if isinstance(found, list):
        return [unpacked(part) for part in found]
    if "error" in found:
        return found["error"]
    if None in found["shape"]:
        return f"a shape {found['shape']}"
    dtype = np.dtype(found["dtype"])
    return np.frombuffer(base64.b64decode(found["bytes"]), dtype).reshape(found["shape"])


def module(cases):
    """The text of one script that makes all calls: (function, lists of arguments) each."""
    text = script(module_of({f.name: f for f, _ in cases}, calls=("fromBase64",)))
    calls = [[f.name, [packed(a, v.dtype) for a, v in zip(args, f.inputs, strict=True)]]
             for f, several in cases for args in several]
    return (f"{text}\nconst programs = {{ {', '.join(f.name for f, _ in cases)} }};\n"
            f"const calls = {json.dumps(calls)};\n{DRIVER}")


def answers(cases, page=None):
    """The results of all calls, in order; in a page of Chromium where one is given."""
    text = module(cases)
    if page is not None:
        return [unpacked(found) for found in page.evaluate(f"() => {{ {text} return answers; }}")]
    node = shutil.which("node")
    if node is None:
        pytest.skip("programs of JavaScript need node, and there is none on the PATH")
    done = subprocess.run([node, "--input-type=module", "-"], input=text + WRITES, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [unpacked(found) for found in json.loads(done.stdout)]


def ulps(got, wanted):
    """How many floats lie between two arrays, at most; 0 where both are not numbers."""
    if got.dtype.kind != "f":
        return 0 if np.array_equal(got, wanted) else np.inf
    width = {4: np.int32, 8: np.int64}[got.dtype.itemsize]
    a, b = (np.where(np.isnan(v), np.zeros_like(v), v) for v in (got, wanted))
    if not np.array_equal(np.isnan(got), np.isnan(wanted)):
        return np.inf
    order = [np.where(v.view(width) < 0, np.iinfo(width).min - v.view(width), v.view(width))
             .astype(object) for v in (np.atleast_1d(a).copy(), np.atleast_1d(b).copy())]
    return max(np.abs(order[0] - order[1]).ravel().tolist(), default=0)
