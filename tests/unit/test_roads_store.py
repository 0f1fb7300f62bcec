import pickle
from dataclasses import replace

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from metre_towns import network

from fireplan import examples, roads
from fireplan.errors import FireplanError, InputError, NetworkError


@pytest.fixture(scope="module")
def line():
    return examples.line_town().roads


def test_what_was_saved_is_loaded_to_the_last_bit(line, tmp_path):
    file = roads.save(line, tmp_path / "line.npz")
    again = roads.load(file)
    assert again.fingerprint == line.fingerprint
    assert again.crs == line.crs
    assert (again.source, again.notes) == (line.source, line.notes)
    for name in ("node_ids", "node_xy_m", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway", "street_name"):
        np.testing.assert_array_equal(getattr(again, name), getattr(line, name))
    assert all(isinstance(i, int) for i in again.node_ids)


def test_what_is_loaded_bars_writing(line, tmp_path):
    again = roads.load(roads.save(line, tmp_path / "line.npz"))
    with pytest.raises(ValueError, match="read-only"):
        again.there_s[0] = 1.0


def test_ids_that_are_text_stay_text(line, tmp_path):
    graph = nx.relabel_nodes(line.to_graph(), {n: f"0{n}E1" for n in range(41)})
    again = roads.load(roads.save(roads.from_graph(graph), tmp_path / "text.npz"))
    assert "07E1" in again.node_ids


def test_saving_replaces_an_older_file_and_leaves_no_other_behind(line, tmp_path):
    file = tmp_path / "line.npz"
    file.write_bytes(b"old")
    roads.save(line, file)
    assert [p.name for p in tmp_path.iterdir()] == ["line.npz"]
    assert roads.load(file).n_nodes == 41


def test_a_save_that_fails_leaves_the_older_file(line, tmp_path, monkeypatch):
    file = roads.save(line, tmp_path / "line.npz")
    before = file.read_bytes()

    def full(stream, **_):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(InputError, match="the disk is full; nothing was written"):
        roads.save(line, file)
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["line.npz"]


def test_a_damaged_file_is_never_loaded_nor_leads_to_a_traceback(line, tmp_path):
    whole = roads.save(line, tmp_path / "line.npz").read_bytes()
    file = tmp_path / "damaged.npz"
    rng = np.random.default_rng(4)
    for at in rng.integers(0, len(whole), 150):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        file.write_bytes(bytes(broken))
        try:
            assert roads.load(file).fingerprint == line.fingerprint
        except FireplanError:
            continue
    for cut in rng.integers(0, len(whole), 50):
        file.write_bytes(whole[:cut])
        with pytest.raises(NetworkError):
            roads.load(file)


def altered(line, tmp_path, **changes):
    with np.load(roads.save(line, tmp_path / "line.npz")) as content:
        held = {name: content[name] for name in content.files}
    held = {k: v for k, v in (held | changes).items() if v is not None}
    np.savez(tmp_path / "other.npz", **held)
    return tmp_path / "other.npz"


def test_times_changed_behind_its_back_are_noticed(line, tmp_path):
    with pytest.raises(NetworkError, match="damaged"):
        roads.load(altered(line, tmp_path, there_s=line.there_s / 2))


@pytest.mark.parametrize("missing", ["crs", "there_s", "fingerprint", "format", "node_ids"])
def test_a_file_with_a_part_missing_is_refused(line, tmp_path, missing):
    with pytest.raises(NetworkError, match="save it again"):
        roads.load(altered(line, tmp_path, **{missing: None}))


@pytest.mark.parametrize("number", [1, 2, 3, 5, 0, "x", [1, 1]])
def test_another_format_is_refused(line, tmp_path, number):
    with pytest.raises(NetworkError, match="format 4"):
        roads.load(altered(line, tmp_path, format=np.array(number)))


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_no_pickle_is_opened(line, tmp_path):
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Harmful()))
    np.savez(tmp_path / "b.npz", node_ids=np.array([Harmful()], dtype=object))
    np.save(tmp_path / "c.npy", np.zeros(3))
    inside = altered(line, tmp_path, node_ids=np.array([Harmful()], dtype=object))
    for file in (tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "c.npy", inside):
        with pytest.raises(NetworkError):
            roads.load(file)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(NetworkError, match=r"none\.npz"):
        roads.load(tmp_path / "none.npz")


def test_a_place_is_fetched_once_and_then_read_from_its_cache(line, tmp_path, monkeypatch):
    asked = []

    def fetch(query, **options):
        asked.append((query, options))
        return line.to_graph()

    monkeypatch.setattr(ox, "graph_from_place", fetch)
    first = roads.from_place("Line Town", cache=tmp_path / "cache")
    second = roads.from_place("Line Town", cache=tmp_path / "cache")
    assert len(asked) == 1
    assert asked[0][1]["network_type"] == "drive_service"
    assert second.fingerprint == first.fingerprint
    assert second.source == "OpenStreetMap, Line Town"
    roads.from_place("Line Town", cache=tmp_path / "cache", refresh=True)
    roads.from_place("Another Town", cache=tmp_path / "cache")
    assert [q for q, _ in asked] == ["Line Town", "Line Town", "Another Town"]


def test_without_a_connection_a_place_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(NetworkError, match=r"roads of 'Line Town' could not be fetched .*from_osm"):
        roads.from_place("Line Town", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_damaged_cache_is_said_to_be_damaged(line, tmp_path, monkeypatch):
    monkeypatch.setattr(ox, "graph_from_place", lambda *_, **__: line.to_graph())
    roads.from_place("Line Town", cache=tmp_path)
    file = next(tmp_path.glob("*.npz"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(NetworkError, match=file.name):
        roads.from_place("Line Town", cache=tmp_path)


def travelled(street, folder):
    """A network as it is, pickled, and saved and loaded."""
    sent = pickle.loads(pickle.dumps(street))  # noqa: S301 - its own
    return [street, sent, roads.load(roads.save(street, folder / "street.npz"))]


def test_where_doors_open_stays_what_it_was_before_a_direction_was_shut(tmp_path):
    main = [(x, 0) for x in range(0, 900, 100)]
    town = network(("Main", main, {}), ("Close", [(400, 0), (400, 200)], {}))
    shut = np.where(town.street_name == "Close", np.inf, town.there_s)
    then = town.with_times(there_s=shut, back_s=town.back_s)
    anew = replace(then).doors
    assert not np.array_equal(anew.to_reach, then.doors.to_reach)  # of a street drawn so nobody would be told
    for other in travelled(then, tmp_path):
        np.testing.assert_array_equal(np.array(other.doors), np.array(town.doors))
        assert other.fingerprint == then.fingerprint


def test_a_file_that_does_not_tell_doors_of_each_street_is_damaged(line, tmp_path):
    file = roads.save(line, tmp_path / "line.npz")
    with np.load(file) as content:
        held = dict(content)
    np.savez(file, **(held | {"doors": held["doors"][:, :-1]}))
    with pytest.raises(NetworkError, match="does not say of each street whether doors open"):
        roads.load(file)
