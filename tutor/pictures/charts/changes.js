/* What to change in the panels of one scene to have another's; null if they are made of other marks. */
function difference(old, next) {
  const form = (panels) => JSON.stringify(panels.map(({ width, height, layers }) => [width, height,
    layers.map(({ box, marks }) => [box, marks.map(([kind, style]) => [kind, style])])]));
  if (form(old) !== form(next)) return null;
  const [before, after] = [old, next].map((panels) => panels.flatMap(({ layers }) => layers));
  const same = (a, b) => a === b || (a.length === b.length && a.every((v, i) => v === b[i]));
  return after.flatMap(({ marks }, i) => marks.flatMap(([, , points, text], j) => {
    const [, , were, before_] = before[i].marks[j];
    return text === before_ && same(points, were) ? [] : [[i, j, 0, points, text]];
  }));
}
