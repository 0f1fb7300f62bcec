"""Make the invented sample city of Marisol: `python data/make_marisol.py [--out DIR] [--seed 7]`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from marisol_maker.city import make_city, write_city


def main() -> None:
    """Read the command line, make the city, write it and say what was written."""
    parser = argparse.ArgumentParser(description="Make the invented sample city of Marisol.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "marisol", help="folder to write to")
    parser.add_argument("--seed", type=int, default=7, help="seed of all random numbers")
    given = parser.parse_args()
    begun = time.perf_counter()
    write_city(make_city(given.seed), given.out)
    for path in sorted(given.out.iterdir()):
        print(f"{path.stat().st_size:>10,}  {path.name}")
    print(f"made in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
