/* Graphviz run by the browser's own WebAssembly, for a Python that runs in a browser too: from its
 * bytes a function of a graph in DOT and a format to bytes. It has a clock and nothing else around it.
 */
(bytes) => {
  const [DONE, NONE] = [0, 8]; // what the system answers: as asked, and that there is no such file
  const view = () => new DataView(exports.memory.buffer);
  const room = (size) => exports.malloc(size);
  const system = {
    environ_sizes_get(count, size) {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return DONE;
    },
    environ_get: () => DONE,
    clock_time_get(_, __, at) {
      view().setBigUint64(at, 0n, true);
      return DONE;
    },
    fd_write(_, parts, count, written) {
      let size = 0;
      for (let i = 0; i < count; i += 1) size += view().getUint32(parts + 8 * i + 4, true);
      view().setUint32(written, size, true);
      return DONE;
    },
    proc_exit(code) { throw new Error(`Graphviz ended with ${code}.`); },
    random_get(at, size) {
      new Uint8Array(exports.memory.buffer, at, size).fill(0);
      return DONE;
    },
  };
  const module = new WebAssembly.Module(bytes);
  const needed = WebAssembly.Module.imports(module).map(({ name }) => [name, system[name] ?? (() => NONE)]);
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: Object.fromEntries(needed) });

  function given(text) {
    const encoded = new TextEncoder().encode(`${text}\0`);
    const at = room(encoded.length);
    new Uint8Array(exports.memory.buffer, at, encoded.length).set(encoded);
    return at;
  }

  function taken(at) {
    const rest = new Uint8Array(exports.memory.buffer, at, 4096);
    return new TextDecoder().decode(rest.slice(0, rest.indexOf(0)));
  }

  return (source, format) => {
    const [graph, kind, engine, length] = [given(source), given(format), given("dot"), room(4)];
    const at = exports.graphviz_render(graph, kind, engine, length);
    if (!at) throw new Error(taken(exports.graphviz_last_error()));
    const found = new Uint8Array(exports.memory.buffer, at, view().getUint32(length, true)).slice();
    for (const one of [at, graph, kind, engine, length]) exports.graphviz_free(one);
    return found;
  };
}
