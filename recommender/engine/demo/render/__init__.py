"""Product pictures by a small software renderer: forms with normals, grains, patterns, studio light."""
