"""The commands of the command line, one module each: `add(commands)` declares it, `run(arguments)` does it."""
