"""The card of a difference, as a browser shows it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def comparison(project):
    return fp.compare(project.today, *project.scenarios, standard=project.standard)


def test_a_click_on_a_zone_says_when_it_is_reached_in_each_scenario(project, comparison, tmp_path, open_page):
    changes = comparison.changes("Close Station 3")
    zone = changes["change_s"].where(np.isfinite(changes["change_s"])).idxmax()
    where = shapely.point_on_surface(changes.geometry.to_crs(4326)[zone])
    opened = open_page(fp.maps.difference(comparison, against="Close Station 3").save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    name = opened.run("() => document.querySelector('.fp-map').id")
    x, y = opened.run(
        f"() => {{ const m = window['{name}']; m.setView([{where.y}, {where.x}], 16, {{ animate: false }});"
        f" const p = m.latLngToContainerPoint([{where.y}, {where.x}]), b = m.getContainer().getBoundingClientRect();"
        " return [p.x + b.left, p.y + b.top]; }"
    )
    opened.page.wait_for_timeout(300)
    opened.page.mouse.click(x, y)
    opened.page.wait_for_selector(".leaflet-popup-content")
    card = " ".join(opened.page.text_content(".leaflet-popup-content").split())
    first = comparison.baseline.zones.loc[zone, "first_due"]
    assert f"Zone {zone}" in card
    assert "slower" in card
    assert str(project.today.stations.loc[first, "name"]) in card
    assert "First engine: today" in card
    assert "First engine: Close Station 3" in card
    assert opened.errors == []
    opened.screenshot("difference-card")
