"""`python -m bench [NAME ...]`: run the benchmarks, print one table each; exit 1 where a bar is missed.

Every benchmark is a module beside this file with `rows() -> Iterator[Row]`; medians, one process each.
"""

import subprocess
import sys
from importlib import import_module

from bench.table import table

BENCHES = ("startup", "page", "jobs", "tools", "diffusion", "metrics", "evaluation")
"""In the order in which they run."""


def main(names: list[str]) -> int:
    """Run the named benchmarks, all by default, each in a fresh process so that none warms another up."""
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    codes = [subprocess.run([sys.executable, "-m", "bench", "--in-process", name]).returncode for name in names or BENCHES]
    return max(codes)


def run(name: str) -> int:
    """Run one benchmark in this process."""
    print(f"\n## {name}\n", flush=True)
    rows = list(import_module(f"bench.{name}").rows())
    print(table(rows), flush=True)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[2]) if sys.argv[1:2] == ["--in-process"] else main(sys.argv[1:]))
