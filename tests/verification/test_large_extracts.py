"""Extracts of the size of a region, with tags on everything, are read within bounds of time and memory."""

import subprocess
import sys

import numpy as np
import pytest
from large_extracts import write_grid

from fireplan import roads
from fireplan.roads import Control, Feature

READ = """
import sys, time
from fireplan import roads
network = roads.from_osm(sys.argv[1])
spent_s = time.process_time()
# Not ru_maxrss: that of a child begins with what its parent held.
most_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(network.n_streets, spent_s, int(most_kb) / 1024)
"""


def test_all_that_a_grid_carries_is_read(tmp_path):
    write_grid(tmp_path / "grid.osm.pbf", side=20)
    network = roads.from_osm(tmp_path / "grid.osm.pbf")
    assert set(network.features) == {0, Feature.BRIDGE}
    assert (network.control == Control.SIGNALS).any()
    assert set(network.wait_s) == {0, 15}
    assert len(network.banned)
    assert all(ref == "" or ref.startswith("A ") for ref in network.street_ref)
    assert 0 < np.mean(network.street_ref != "") < 0.3
    assert np.isfinite(network.length_m).all()
    assert {"track", "primary"} <= set(network.highway)
    assert not {"footway", "cycleway", "path"} & set(network.highway)


@pytest.mark.soak
def test_a_region_is_read_in_twenty_seconds_and_a_gigabyte_and_a_half(tmp_path, request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("a minute of both cores: by hand, with -m soak")
    file = tmp_path / "region.osm.pbf"
    nodes = write_grid(file, side=297)
    assert nodes > 1_450_000
    said = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True)
    streets, spent_s, most_mb = map(float, said.stdout.split())
    assert streets > 100_000
    assert spent_s < 20
    assert most_mb < 1500
