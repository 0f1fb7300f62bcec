"""What damage once did to dispatch histories and feeds; each find is kept small, beside its test."""

import warnings
from pathlib import Path

import fireplan as fp
from fireplan.incidents import read_cad
from fireplan.report import material_of

HERE = Path(__file__).parent
CITY = HERE.parents[1] / "data" / "marisol"
ZONE = "America/Los_Angeles"


def test_a_longitude_beyond_any_number_is_no_overflow():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = read_cad(HERE / "longitude_beyond_any_number.csv", timezone=ZONE)
    assert (history.rows_in, history.rows_ok) == (3, 3)
    assert history.incidents.geometry.isna().tolist() == [True, False, False]
    assert "location_out_of_range" in set(history.ledger["code"])


def test_a_history_without_one_row_to_use_is_told_and_the_city_measured_all_the_same(tmp_path):
    """Its scenario said "table 'incidents' is empty", and its report ended in an error of PyArrow."""
    for name in ("roads.osm.gz", "stations.csv", "units.csv", "zones.geojson"):
        (tmp_path / name).write_bytes((CITY / name).read_bytes())
    (tmp_path / "cad.csv").write_bytes((HERE / "units_all_blank.csv").read_bytes())
    (tmp_path / "plan.toml").write_text(
        f'timezone = "{ZONE}"\n[inputs]\nnetwork = "roads.osm.gz"\nstations = "stations.csv"\n'
        'units = "units.csv"\nzones = "zones.geojson"\ncad = "cad.csv"\n[standards]\nuse = ["NFPA_1710"]\n'
    )
    project = fp.open_project(tmp_path)
    assert project.today.incidents is None
    said = next(note for note in project.notes if "no row of the dispatch history can be used (n = 0 of 2)" in note)
    assert "no unit_id" in said
    material = material_of(project)
    assert material.history is None
    assert any("no row of the dispatch history can be used" in note for note in material.notes)
