"""Large exports: seconds and memory, by hand with -m soak on an idle machine."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

MARISOL = Path(__file__).resolve().parents[2] / "data" / "marisol" / "cad.csv.gz"
READ = """
import json, resource, sys, time
from fireplan.incidents import read_cad
import fireplan.incidents._build_tables
started = time.perf_counter()
history = read_cad(sys.argv[1], timezone="America/Los_Angeles")
taken_s = time.perf_counter() - started
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([history.rows_in, taken_s, peak_mb]))
"""


def written(folder, count):
    """Marisol's history again and again under new ids."""
    header, *rows = gzip.decompress(MARISOL.read_bytes()).decode().splitlines()
    path = folder / "calls.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(f"{n // len(rows)}-{rows[n % len(rows)]}\n" for n in range(count))
    return path


@pytest.mark.soak
@pytest.mark.parametrize(("count", "within_s", "within_mb"), [(200_000, 3, 600), (1_000_000, 9, 1050)])
def test_large_exports_are_read_in_time_and_memory(tmp_path, request, count, within_s, within_mb):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("needs an idle machine: by hand, with -m soak")
    found = subprocess.run(
        [sys.executable, "-c", READ, str(written(tmp_path, count))], capture_output=True, check=True, text=True
    )
    rows, taken_s, peak_mb = json.loads(found.stdout)
    assert rows == count
    assert taken_s < within_s
    assert peak_mb < within_mb
