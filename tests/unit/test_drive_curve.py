"""From what streets and turns add up to, to the time of a drive, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import InputError
from fireplan.roads import DriveCurve
from tests.support.how_many import tries

CURVES = st.builds(
    DriveCurve,
    start_s=st.floats(0, 120), offset_s=st.floats(-20, 60), scale=st.floats(0.2, 5), power=st.floats(0.5, 1.2),
    ramp_s=st.sampled_from([0.0, 5.0, 40.0]),
)  # fmt: skip


@settings(max_examples=tries(300), deadline=None)
@given(CURVES, st.lists(st.floats(0, 5000), min_size=2, max_size=9))
def test_it_never_falls_and_is_undone(curve, added):
    added_s = np.sort(np.array(added))
    clock_s = curve.clock_s(added_s, curve.start_s)
    assert (np.diff(clock_s) >= -1e-9).all()
    back = curve.added_s(clock_s, curve.start_s)
    sure = clock_s > curve.offset_s + 1e-3
    np.testing.assert_allclose(back[sure], added_s[sure], rtol=1e-6, atol=1e-4)


def test_it_is_what_is_written():
    assert DriveCurve(start_s=9.0).clock_s(100.0, 9.0) == 109.0
    assert DriveCurve(offset_s=5.0, scale=2.0, power=0.5).clock_s(100.0) == 25.0
    rand = DriveCurve(ramp_s=30.0)
    assert rand.clock_s(30.0) == 60.0  # both branches meet, and so do their slopes
    assert rand.clock_s(7.5) == 2 * np.sqrt(7.5 * 30)
    assert rand.clock_s(100.0) == 130.0
    assert rand.clock_s(30.001) - 60.0 == pytest.approx(60.0 - rand.clock_s(29.999), rel=1e-3)


def test_a_plain_one_gives_back_what_it_was_given():
    times = np.array([0.1, 7.3, np.inf], dtype=np.float32)
    assert DriveCurve().clock_s(times) is times
    assert DriveCurve().added_s(times, 0.0) is times
    assert DriveCurve(start_s=4.0).clock_s(times, 4.0).dtype == np.float32
    assert DriveCurve(scale=2.0).clock_s(times).dtype == np.float32


def test_what_is_never_reached_stays_so():
    for curve in (DriveCurve(start_s=9.0), DriveCurve(scale=2.0, power=0.8), DriveCurve(ramp_s=9.0)):
        assert np.isinf(curve.clock_s(np.array([np.inf]), 9.0)).all()
        assert np.isinf(curve.added_s(np.inf, 9.0))


def test_less_than_the_start_is_below_nothing():
    assert DriveCurve(start_s=9.0).added_s(5.0, 9.0) < 0
    assert DriveCurve(start_s=9.0, offset_s=20.0, power=0.9).added_s(5.0, 9.0) < 0


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (DriveCurve(start_s=-1.0), "start_s is -1"),
        (DriveCurve(power=3.0), "power is 3"),
        (DriveCurve(scale=float("nan")), "scale is nan"),
        (DriveCurve(ramp_s="x"), "ramp_s is 'x'"),
        ((1.0, 0.0), "with_curve|DriveCurve"),
    ],
)
def test_what_is_no_curve_is_refused(curve, said):
    roads = fp.examples.line_town().roads
    with pytest.raises(InputError, match=said):
        roads.with_curve(curve)


def test_a_network_keeps_its_curve(tmp_path):
    roads = fp.examples.line_town().roads
    driven = roads.with_curve(DriveCurve(start_s=9.0, scale=1.5, power=0.9), calibrated=True)
    assert driven.fingerprint != roads.fingerprint
    assert driven.geometry_fingerprint == roads.geometry_fingerprint
    back = fp.roads.load(fp.roads.save(driven, tmp_path / "roads.npz"))
    assert (back.curve, back.calibrated, back.fingerprint) == (driven.curve, True, driven.fingerprint)
    slower = driven.with_times(there_s=driven.there_s * 2, back_s=driven.back_s * 2)
    assert (slower.curve, slower.calibrated) == (driven.curve, True)


def test_calibrated_streets_no_longer_call_their_speeds_assumed():
    today = fp.roads.from_osm(fp.examples.marisol_folder() / "roads.osm.gz")
    said = "class speeds are planning figures until calibrated"
    assert any(note.startswith(said) for note in today.notes)
    assert not any(note.startswith(said) for note in today.with_curve(DriveCurve(), calibrated=True).notes)
    assert any(note.startswith(said) for note in today.with_curve(DriveCurve()).notes)
