"""Smooth lines and smooth displacement: what makes drawn streets look like streets."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.interpolate import CubicSpline
from shapely.geometry import LineString, Point, Polygon


def spline(points: list[tuple[float, float]], *, step_m: float = 60.0, closed: bool = False) -> np.ndarray:
    """
    Draw a smooth curve through control points.

    Parameters
    ----------
    points
        Control points (x, y). [m]
    step_m
        Distance between the points given back. [m]
    closed
        Whether the curve returns to its first point.

    Returns
    -------
    Points along the curve, one row each; both ends are kept exactly. [m]
    """
    ctrl = np.asarray(points, dtype=float)
    if closed:
        ctrl = np.vstack([ctrl, ctrl[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ctrl, axis=0).T))])
    curve = CubicSpline(along, ctrl, bc_type="periodic" if closed else "natural")
    count = max(round(float(along[-1]) / step_m), 2)
    drawn = curve(np.linspace(0.0, along[-1], count + 1))
    drawn[0], drawn[-1] = ctrl[0], ctrl[-1]
    return drawn


def smooth_line(points: list[tuple[float, float]], *, step_m: float = 60.0) -> LineString:
    """Return the curve of `spline` as a line, thinned where it is nearly straight."""
    return LineString(spline(points, step_m=step_m)).simplify(1.0)


def offset_points(axis: np.ndarray, offset_m: np.ndarray | float) -> np.ndarray:
    """
    Move the points of an axis sideways.

    Parameters
    ----------
    axis
        Points along a line. [m]
    offset_m
        Distance to the right of the direction of the line; negative is left. [m]
    """
    tangent = np.gradient(axis, axis=0)
    tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None]
    right = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    return axis + right * np.broadcast_to(np.asarray(offset_m, dtype=float), len(axis))[:, None]


def ribbon(points: list[tuple[float, float]], half_widths_m: list[float], *, step_m: float = 40.0) -> Polygon:
    """
    Draw a body of changing width along a smooth centre line.

    Parameters
    ----------
    points
        Control points of the centre line. [m]
    half_widths_m
        Half of the width at each control point. [m]
    step_m
        Distance between the discs that make the body. [m]
    """
    axis = spline(points, step_m=step_m)
    widths = np.interp(np.linspace(0, 1, len(axis)), np.linspace(0, 1, len(half_widths_m)), half_widths_m)
    discs = [Point(x, y).buffer(w) for (x, y), w in zip(axis, widths, strict=True)]
    body = shapely.unary_union(discs)
    return body.buffer(30).buffer(-30).simplify(3.0)


def round_corners(coords: np.ndarray, *, times: int = 1) -> np.ndarray:
    """Cut the corners of a polyline (Chaikin), keeping both ends."""
    for _ in range(times):
        if len(coords) < 3:
            return coords
        near = 0.75 * coords[:-1] + 0.25 * coords[1:]
        far = 0.25 * coords[:-1] + 0.75 * coords[1:]
        cut = np.empty((2 * len(near), 2))
        cut[0::2], cut[1::2] = near, far
        coords = np.vstack([coords[:1], cut[1:-1], coords[-1:]])
    return coords


class Warp:
    """
    A smooth displacement of the plane: a sum of a few plane waves.

    Parameters
    ----------
    rng
        Draws the waves.
    wavelengths_m
        Shortest and longest wave. [m]
    waves
        Number of waves.
    """

    def __init__(self, rng: np.random.Generator, wavelengths_m: tuple[float, float], waves: int = 7) -> None:
        length = rng.uniform(*wavelengths_m, waves)
        heading = rng.uniform(0, 2 * np.pi, waves)
        self._wave = (2 * np.pi / length)[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
        self._phase = rng.uniform(0, 2 * np.pi, (2, waves))
        self._share = length / length.sum()

    def __call__(self, xy: np.ndarray, amplitude_m: float) -> np.ndarray:
        """Move points by at most about the amplitude. [m]."""
        turn = xy @ self._wave.T
        move = [(np.sin(turn + phase) * self._share).sum(axis=1) for phase in self._phase]
        return xy + amplitude_m * 1.6 * np.column_stack(move)
