// Loops: a step run once for each element of sequences, handing on states.

/** The results of a loop; each is kept of all steps ("all"), or its last value. */
function runSteps(step, count, given, sequences, keep, shapes) {
  const n = int(count);
  const [slices, rest] = [given.slice(0, sequences), given.slice(sequences)];
  const [initial, constants] = [rest.slice(0, keep.length), rest.slice(keep.length)];
  if (slices.some((x) => x.shape[0] < n)) fail("a sequence is shorter than the loop has steps");
  if (n === 0 && keep.includes("step")) fail("a loop that took no step has no last value");
  let states = initial;
  const kept = shapes.map(() => []);
  for (let t = 0; t < n; t += 1) {
    const found = step(...slices.map((x) => x.at(t)), ...states, ...constants);
    states = found.slice(0, keep.length);
    kept.forEach((rows, i) => rows.push(found[i]));
    if (found.slice(shapes.length).some(truth)) break;
  }
  return shapes.map(([dtype, ndim], i) => {
    if (i < keep.length && keep[i] !== "all") return states[i];
    const none = i < keep.length ? initial[i].shape : new Array(ndim).fill(0);
    return kept[i].length ? concatenate(kept[i].map((x) => expanded(x, 0))) : empty([0, ...none], dtype);
  });
}
