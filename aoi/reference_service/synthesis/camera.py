"""What the camera adds: uneven light, blur, exposure, noise, compression."""

from dataclasses import dataclass

import cv2
import numpy as np

from .arrays import Bytes, Floats, Random, chance

_BRIGHTEST = 225.0


@dataclass
class Camera:
    """One camera setting; `light` is a gain (h, w)."""

    light: Floats
    blur: float
    gamma: float
    gain: float
    offset: float
    noise: float
    quality: int | None

    def expose(self, image: Floats, like: Floats | None = None) -> Floats:
        """Return the levels that the sensor sees, exposed for `like` (by default the image)."""
        reference = self._develop(image if like is None else like)
        # An overexposed picture shows nothing: the bright tenth is brought under the limit.
        bright = float(np.percentile(reference[::8, ::8], 90))
        levels = self._develop(image) if like is not None else reference
        return np.asarray(levels * min(1.0, _BRIGHTEST / max(bright, 1.0)), np.float32)

    def record(self, rng: Random, levels: Floats) -> Bytes:
        """Turn levels into an 8-bit picture with noise and compression."""
        grain = rng.standard_normal(levels.shape, dtype=np.float32) * self.noise
        picture = np.clip(levels + grain + 0.5, 0, 255).astype(np.uint8)
        if self.quality is None:
            return np.asarray(picture)
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)

    def _develop(self, image: Floats) -> Floats:
        lit = cv2.GaussianBlur(image * self.light, (0, 0), self.blur)
        graded = 255 * (np.maximum(lit, 0) / 255) ** self.gamma if self.gamma != 1 else lit
        return np.asarray(graded * self.gain + self.offset, np.float32)


def choose_camera(rng: Random, shape: tuple[int, ...]) -> Camera:
    """Choose a camera for tiles of this shape; a third are set to unusual contrast."""
    unusual = chance(rng, 0.35)
    return Camera(
        light=_light(rng, shape),
        blur=float(rng.uniform(0.95, 1.6) if chance(rng, 0.12) else rng.uniform(0.35, 0.95)),
        gamma=float(rng.uniform(0.7, 1.4)) if unusual else 1.0,
        gain=float(rng.uniform(0.75, 1.15)) if unusual else 1.0,
        offset=float(rng.uniform(-15, 25)) if unusual else 0.0,
        noise=float(rng.uniform(0, 2.5) if chance(rng, 0.85) else rng.uniform(2.5, 6)),
        quality=int(rng.integers(40, 96)) if chance(rng, 0.75) else None,
    )


def _light(rng: Random, shape: tuple[int, ...]) -> Floats:
    """Return a smooth gain between 0.7 and 1.3."""
    strength = float(rng.choice([0.02, 0.06, 0.15], p=[0.5, 0.35, 0.15]))
    coarse = 1 + rng.standard_normal((3, 3), dtype=np.float32) * strength
    light = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(light, 0.7, 1.3).astype(np.float32)
