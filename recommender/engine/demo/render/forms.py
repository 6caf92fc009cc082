"""Forms: outlines puffed up, tubes, turned bodies, boxes, balls and flat quadrilaterals in perspective."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter, zoom

from recommender.engine.demo.render.canvas import Canvas, Form

Point = tuple[float, float]
Points = Sequence[Point]
_STEPS = 10  # pieces of a curve between two of its points


def curve(points: Points, closed: bool = False) -> np.ndarray:
    """Catmull-Rom curve through ``points`` (m, 2); a point given twice makes a corner."""
    p = np.asarray(points, np.float64)
    if len(p) < 3:
        return p
    padded = np.vstack([p[-1], p, p[:2]]) if closed else np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        if np.allclose(b, c):
            continue
        a, d = (b if np.allclose(a, b) else a), (c if np.allclose(c, d) else d)
        piece = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        pieces.append(0.5 * piece)
    return np.vstack([*pieces, p[:1] if closed else p[-1:]])


def outline(
    canvas: Canvas,
    points: Points,
    *,
    puff: float = 0.05,
    depth: float = 1.0,
    smooth: bool = True,
    folds: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    holes: Sequence[Points] = (),
) -> Form | None:
    """A closed outline puffed up from its edge inwards.

    Args:
        canvas: where it goes.
        points: the outline; a curve through them if ``smooth``.
        puff: how far inside the edge the surface becomes level.
        depth: height of the edge's roundness, 1 for a quarter of a circle.
        folds: (x, y) to a height that is added, in the picture's units.
        holes: outlines cut out.
    """
    edge = curve(points, closed=True) if smooth else np.asarray(points, np.float64)
    window = canvas.window(edge[:, 0].min(), edge[:, 1].min(), edge[:, 0].max(), edge[:, 1].max())
    if window is None:
        return None
    alpha = _mask(canvas, edge, window, [curve(hole, closed=True) for hole in holes])
    height = _puffed(alpha, canvas.scale, puff, depth)
    x, y = canvas.places(window)
    if folds is not None:
        height = height + folds(x, y).astype(np.float32) * canvas.scale
    ny, nx = (-part for part in np.gradient(height)) if min(height.shape) > 1 else (0 * height, 0 * height)
    return Form(window, alpha, *_unit(nx, ny), *_flat_places(x, y))


def _mask(
    canvas: Canvas, edge: np.ndarray, window: tuple[int, int, int, int], holes: list[np.ndarray]
) -> np.ndarray:
    """Coverage (h, w) of an outline, by drawing it three times as large."""
    fine = 3
    size = (window[2] - window[0], window[3] - window[1])
    image = Image.new("L", (size[0] * fine, size[1] * fine))
    draw = ImageDraw.Draw(image)
    origin = np.array([canvas.left + window[0] / canvas.scale, canvas.top + window[1] / canvas.scale])
    for line, value in [(edge, 255), *((hole, 0) for hole in holes)]:
        draw.polygon([tuple(point) for point in (line - origin) * canvas.scale * fine], fill=value)
    small = image.reduce(fine)
    return np.asarray(small, np.float32) / 255


def _puffed(alpha: np.ndarray, scale: float, puff: float, depth: float) -> np.ndarray:
    """Height (h, w) in pixels: rises from the edge as a quarter of an ellipse, worked out at half size."""
    padded = np.pad(alpha, 1)[::2, ::2] > 0.5
    inside = distance_transform_edt(padded).astype(np.float32) * 2
    reach = max(puff * scale, 2.0)
    rise = np.clip(inside / reach, 0, 1)
    height = depth * reach * np.sqrt(np.maximum(1 - (1 - rise) ** 2, 0))
    height = gaussian_filter(height, max(0.6, min(3.0, reach / 24)))
    large = zoom(height, 2, order=1, grid_mode=True, mode="nearest")
    large = large[: alpha.shape[0] + 1, : alpha.shape[1] + 1]
    return np.asarray(large[-alpha.shape[0] :, -alpha.shape[1] :], np.float32)


def _unit(nx: np.ndarray, ny: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes to the x and y of a unit normal."""
    length = np.sqrt(nx * nx + ny * ny + 1)
    return (nx / length).astype(np.float32), (ny / length).astype(np.float32)


def _flat_places(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shape = (y.shape[0], x.shape[1])
    return np.broadcast_to(x, shape), np.broadcast_to(y, shape)


def tube(
    canvas: Canvas,
    points: Points,
    radius: float | Sequence[float],
    *,
    smooth: bool = True,
    closed: bool = False,
) -> Form | None:
    """A round rod along a curve; ``radius`` may differ from point to point."""
    line = curve(points, closed) if smooth else np.asarray(points, np.float64)
    if closed and not smooth:
        line = np.vstack([line, line[:1]])
    given = np.atleast_1d(np.asarray(radius, np.float64))
    radii = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(given)), given)
    most = radii.max()
    low, high = line.min(axis=0) - most, line.max(axis=0) + most
    window = canvas.window(low[0], low[1], high[0], high[1])
    if window is None:
        return None
    shape = (window[3] - window[1], window[2] - window[0])
    near = np.full(shape, np.inf, np.float32)
    nx, ny, along = (np.zeros(shape, np.float32) for _ in range(3))
    run = 0.0
    for start, end, reach, reach_end in zip(line[:-1], line[1:], radii[:-1], radii[1:], strict=True):
        length = float(np.hypot(*(end - start)))
        _segment(canvas, window, start, end, (reach, reach_end), run, near, nx, ny, along)
        run += length
    edge = np.clip((1 - near) * float(radii.mean()) * canvas.scale + 0.5, 0, 1)
    inside = np.minimum(near, 1.0)
    longer = np.maximum(np.hypot(nx, ny), 1e-6)
    side = inside / longer
    across = np.sign(nx + ny) * np.arcsin(inside) * np.float32(radii.mean())
    return Form(window, edge.astype(np.float32), nx * side, ny * side, along, across.astype(np.float32))


def _segment(
    canvas: Canvas, window: tuple[int, int, int, int], start: np.ndarray, end: np.ndarray,
    reach: tuple[float, float], run: float, near: np.ndarray, nx: np.ndarray, ny: np.ndarray,
    along: np.ndarray,
) -> None:  # fmt: skip
    """Update the nearest distance (in radii), its direction and the run along the line, in a small window."""
    most = max(reach)
    low, high = np.minimum(start, end) - most, np.maximum(start, end) + most
    part = canvas.window(low[0], low[1], high[0], high[1])
    if part is None:
        return
    x, y = canvas.places(part)
    dx, dy = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
    length2 = max(float(dx * dx + dy * dy), 1e-12)
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / length2, 0, 1)
    ox, oy = x - (start[0] + t * dx), y - (start[1] + t * dy)
    distance = np.hypot(ox, oy) / (reach[0] + t * (reach[1] - reach[0]))
    rows = slice(part[1] - window[1], part[3] - window[1])
    columns = slice(part[0] - window[0], part[2] - window[0])
    closer = distance < near[rows, columns]
    near[rows, columns][closer] = distance[closer]
    nx[rows, columns][closer] = ox[closer]
    ny[rows, columns][closer] = oy[closer]
    along[rows, columns][closer] = (run + t * length2**0.5)[closer]


def lathe(
    canvas: Canvas, cx: float, profile: Points, *, tilt: float = 0.16, turn: float = 0.0, sharp: bool = False
) -> Form | None:
    """A body of revolution about an upright axis, seen from a little above.

    Args:
        canvas: where it goes.
        cx: place of the axis.
        profile: (y, radius) from top to bottom, y of the axis.
        tilt: sine of the angle from which one looks down.
        turn: rotation about the axis, in turns.
        sharp: join the profile by straight lines.
    """
    ys, radii = np.array(profile, np.float64).T
    fine = np.linspace(ys[0], ys[-1], 400)
    table = np.interp(fine, ys, radii) if sharp else PchipInterpolator(ys, radii)(fine)
    most = float(table.max())
    window = canvas.window(cx - most, ys[0], cx + most, ys[-1] + tilt * most)
    if window is None:
        return None
    x, y = canvas.places(window)
    slope = np.gradient(table, fine)
    per = 399 / (ys[-1] - ys[0])
    offset = x - cx
    level = np.broadcast_to(y, (y.shape[0], x.shape[1]))
    for _ in range(3):  # the height on the axis whose circle passes through the pixel
        place = np.clip((level - ys[0]) * per, 0, 399).astype(np.int32)
        radius = table[place].astype(np.float32)
        level = y - tilt * np.sqrt(np.maximum(radius * radius - offset * offset, 0))
    pixels = canvas.scale
    side = np.clip((radius - np.abs(offset)) * pixels + 0.5, 0, 1)
    ends = np.clip((level - ys[0]) * pixels + 0.5, 0, 1) * np.clip((ys[-1] - level) * pixels + 0.5, 0, 1)
    s = np.clip(offset / np.maximum(radius, 1e-6), -1, 1)
    front = np.sqrt(1 - s * s)
    rise = np.clip(-slope[place], -3, 3).astype(np.float32) + tilt * 0.4 * 0
    length = np.sqrt(1 + rise * rise)
    u = np.arcsin(s) * most + turn * 2 * np.pi * most
    return Form(
        window, (side * ends).astype(np.float32), (s / length).astype(np.float32),
        np.clip(rise / length * (0.3 + 0.7 * front), -1, 1).astype(np.float32),
        u.astype(np.float32), level.astype(np.float32),
    )  # fmt: skip


def ball(
    canvas: Canvas, cx: float, cy: float, rx: float, ry: float | None = None, *, flat: float = 1.0
) -> Form | None:
    """An ellipsoid facing the eye; ``flat`` below 1 makes it a shallow lens."""
    ry = rx if ry is None else ry
    window = canvas.window(cx - rx, cy - ry, cx + rx, cy + ry)
    if window is None:
        return None
    x, y = canvas.places(window)
    nx, ny = (x - cx) / rx, (y - cy) / ry
    distance = np.hypot(nx, ny)
    alpha = np.clip((1 - distance) * min(rx, ry) * canvas.scale + 0.5, 0, 1)
    shape = alpha.shape
    limit = flat / np.maximum(distance, 1.0)
    return Form(
        window, alpha.astype(np.float32),
            np.broadcast_to(nx, shape) * limit, np.broadcast_to(ny, shape) * limit,
        *_flat_places(x, y),
    )  # fmt: skip


def box(
    canvas: Canvas, cx: float, cy: float, width: float, height: float, *,
    corner: float = 0.02, bevel: float = 0.012, angle: float = 0.0, bulge: float = 0.0,
) -> Form | None:  # fmt: skip
    """A rounded rectangle with a bevelled edge.

    Args:
        canvas: where it goes.
        cx, cy, width, height: its middle and its sides.
        corner: radius of its corners.
        bevel: width of the rounding of its edge.
        angle: clockwise, in degrees.
        bulge: how far the face curves like a pillow, 0 to 1.
    """
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    half_w = abs(width / 2 * cos) + abs(height / 2 * sin)
    half_h = abs(width / 2 * sin) + abs(height / 2 * cos)
    window = canvas.window(cx - half_w, cy - half_h, cx + half_w, cy + half_h)
    if window is None:
        return None
    x, y = canvas.places(window)
    lx, ly = (x - cx) * cos + (y - cy) * sin, -(x - cx) * sin + (y - cy) * cos
    corner = min(corner, width / 2, height / 2)
    qx, qy = np.abs(lx) - (width / 2 - corner), np.abs(ly) - (height / 2 - corner)
    ox, oy = np.maximum(qx, 0), np.maximum(qy, 0)
    outer = np.hypot(ox, oy)
    distance = outer + np.minimum(np.maximum(qx, qy), 0) - corner
    alpha = np.clip(0.5 - distance * canvas.scale, 0, 1)
    gx = np.where(outer > 1e-7, ox / np.maximum(outer, 1e-7), (qx > qy).astype(np.float32)) * np.sign(lx)
    gy = np.where(outer > 1e-7, oy / np.maximum(outer, 1e-7), (qy >= qx).astype(np.float32)) * np.sign(ly)
    edge = np.clip(1 + distance / max(bevel, 1e-6), 0, 1)
    fx = gx * edge + bulge * lx / (width / 2) * (1 - edge)
    fy = gy * edge + bulge * ly / (height / 2) * (1 - edge)
    nx, ny = fx * cos - fy * sin, fx * sin + fy * cos
    return Form(
        window, alpha.astype(np.float32), (0.96 * nx).astype(np.float32), (0.96 * ny).astype(np.float32),
        (lx + cx).astype(np.float32), (ly + cy).astype(np.float32),
    )  # fmt: skip


def quad(
    canvas: Canvas,
    corners: Points,
    *,
    size: Point = (1.0, 1.0),
    facing: Point = (0.0, -0.5),
    corner: float = 0.0,
) -> Form | None:
    """A flat rectangle in perspective.

    Args:
        canvas: where it goes.
        corners: top left, top right, bottom right, bottom left.
        size: its sides in surface units; u, v run over them.
        facing: x, y of its normal.
        corner: radius of its corners, in surface units.
    """
    p = np.array(corners, np.float64)
    window = canvas.window(p[:, 0].min(), p[:, 1].min(), p[:, 0].max(), p[:, 1].max())
    if window is None:
        return None
    inverse = np.linalg.inv(_homography(p))
    x, y = canvas.places(window)
    weight = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2]
    u = (inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]) / weight * size[0]
    v = (inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]) / weight * size[1]
    half_w, half_h = size[0] / 2, size[1] / 2
    qx, qy = np.abs(u - half_w) - (half_w - corner), np.abs(v - half_h) - (half_h - corner)
    distance = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - corner
    step = np.maximum(np.hypot(*np.gradient(distance)), 1e-6) if min(distance.shape) > 1 else 1.0
    alpha = np.clip(0.5 - distance / step, 0, 1)
    flat = np.ones_like(alpha, np.float32)
    return Form(
        window, alpha.astype(np.float32), flat * np.float32(facing[0]), flat * np.float32(facing[1]),
        u.astype(np.float32), v.astype(np.float32),
    )  # fmt: skip


def _homography(corners: np.ndarray) -> np.ndarray:
    """(3, 3) map from the unit square to four corners (4, 2)."""
    rows, values = [], []
    for (u, v), (x, y) in zip(((0, 0), (1, 0), (1, 1), (0, 1)), corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        values += [x, y]
    return np.append(np.linalg.solve(np.array(rows, float), values), 1.0).reshape(3, 3)
