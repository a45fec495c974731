"""The colours of the console: WCAG 2.2 AA, reckoned from the stylesheet."""

import re
from pathlib import Path


def test_every_text_colour_reads_on_every_ground_in_both_schemes():
    """4.5 to 1 for text, 3 to 1 for the edges of fields."""
    sheet = (Path(__file__).parents[1] / "static/console/console.css").read_text()
    colours = {
        name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", sheet)
    }
    colours["white"] = ("#fff", "#fff")
    pairs = [(ink, ground, 4.5) for ink in ("ink", "quiet", "pine") for ground in ("page", "surface", "sunken")]
    pairs += [("pine", "pine-wash", 4.5), ("danger", "danger-wash", 4.5), ("amber", "amber-wash", 4.5)]
    pairs += [("white", fill, 4.5) for fill in ("pine-fill", "pine-fill-hover", "danger-fill")]
    pairs += [("edge", ground, 3) for ground in ("page", "surface")]
    too_faint = [
        (ink, ground, scheme)
        for ink, ground, least in pairs
        for scheme in (0, 1)
        if contrast(colours[ink][scheme], colours[ground][scheme]) < least
    ]
    assert too_faint == []


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
