"""From expressions to functions: memory plan, graph to NumPy source, `function`, `shared`."""
