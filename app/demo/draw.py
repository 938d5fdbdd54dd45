#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the demo scenes: pictures of our own that the bundled model knows.

Usage: draw.py [FOLDER]. Needs pycairo, numpy and Pillow. Each scene is one
function; its object stands in the middle square, which is what the model sees.
"""
import math
import os
import sys

import cairo
import numpy as np
from PIL import Image, ImageFilter

W, H = 640, 480
SEED = 9
MX, MY = W / 2, H / 2


class Pen:
    """A cairo context with the few strokes that the scenes are made of."""

    def __init__(self, seed):
        self.surface = cairo.ImageSurface(cairo.FORMAT_RGB24, W, H)
        self.c = cairo.Context(self.surface)
        self.rng = np.random.default_rng(seed)
        self.colours = 128

    def paint(self, colour, width=None):
        """Fills the path, or strokes it when a width is given."""
        if isinstance(colour, cairo.Pattern):
            self.c.set_source(colour)
        else:
            self.c.set_source_rgba(*rgb(colour), 1)
        if width is None:
            self.c.fill()
        else:
            self.c.set_line_width(width)
            self.c.set_line_cap(cairo.LINE_CAP_ROUND)
            self.c.set_line_join(cairo.LINE_JOIN_ROUND)
            self.c.stroke()

    def box(self, x, y, w, h, colour, r=0):
        c = self.c
        if r:
            c.new_sub_path()
            for i, (cx, cy) in enumerate([(x + w - r, y + r), (x + w - r, y + h - r),
                                          (x + r, y + h - r), (x + r, y + r)]):
                c.arc(cx, cy, r, (i - 1) * math.pi / 2, i * math.pi / 2)
            c.close_path()
        else:
            c.rectangle(x, y, w, h)
        self.paint(colour)

    def disc(self, x, y, r, colour, ry=None, turn=0, width=None):
        c = self.c
        c.save()
        c.translate(x, y)
        c.rotate(turn)
        c.scale(r, ry or r)
        c.new_sub_path()
        c.arc(0, 0, 1, 0, 2 * math.pi)
        c.restore()
        self.paint(colour, width)

    def line(self, points, colour, width):
        self.c.move_to(*points[0])
        for p in points[1:]:
            self.c.line_to(*p)
        self.paint(colour, width)

    def shape(self, points, colour, width=None):
        """A closed polygon."""
        self.c.move_to(*points[0])
        for p in points[1:]:
            self.c.line_to(*p)
        self.c.close_path()
        self.paint(colour, width)

    def curve(self, start, *curves, colour, width=None, close=True):
        """A path of Bezier curves, six numbers each."""
        self.c.move_to(*start)
        for k in curves:
            self.c.curve_to(*k)
        if close:
            self.c.close_path()
        self.paint(colour, width)

    def sky(self, top="3f7fd0", low="cfe4f5", until=H):
        self.box(0, 0, W, until, fade(0, 0, 0, until, top, low))

    def scatter(self, n, x, y, w, h, draw):
        """Calls draw(x, y, depth) for n random places, far ones first."""
        for depth in np.sort(self.rng.random(n)):
            draw(x + self.rng.random() * w, y + depth * h, depth)

    def grass(self, y, colours=("3c7a2a", "5b9a3a", "2f6322")):
        self.box(0, y, W, H - y, fade(0, y, 0, H, colours[1], colours[2]))

        def blade(px, py, depth):
            length = 4 + 14 * depth
            lean = self.rng.normal(0, 3)
            shade = colours[self.rng.integers(len(colours))]
            self.line([(px, py), (px + lean, py - length)], shade, 1 + depth)

        self.scatter(2500, 0, y + 4, W, H - y + 10, blade)

    def cloud(self, x, y, size):
        for _ in range(14):
            dx, dy = self.rng.normal(0, 1.1), self.rng.normal(0, 0.28)
            self.disc(x + dx * size, y + dy * size, size * self.rng.uniform(0.3, 0.6),
                      glow(x + dx * size, y + dy * size, size * 0.6, "ffffff", 0.55))

    def leaves(self, x, y, w, h, n, colours, size=9):
        """A crown of foliage within an ellipse."""
        for _ in range(n):
            a, r = self.rng.uniform(0, 2 * math.pi), math.sqrt(self.rng.random())
            px, py = x + w * r * math.cos(a), y + h * r * math.sin(a)
            shade = colours[min(len(colours) - 1, int((py - y + h) / (2 * h) * len(colours)))]
            self.disc(px, py, size, shade, size * 0.6, self.rng.uniform(0, 3))

    def finish(self):
        """The drawing, softened a little, in few colours so that the file is small."""
        pixels = np.ndarray((H, W, 4), np.uint8, bytes(self.surface.get_data()))
        picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, 2::-1]))
        picture = picture.filter(ImageFilter.GaussianBlur(0.8))
        return picture.quantize(self.colours, dither=Image.Dither.NONE)


def rgb(text):
    return tuple(int(text[i : i + 2], 16) / 255 for i in (0, 2, 4))


def fade(x0, y0, x1, y1, *colours):
    """A linear gradient through the colours."""
    p = cairo.LinearGradient(x0, y0, x1, y1)
    for i, colour in enumerate(colours):
        p.add_color_stop_rgb(i / (len(colours) - 1), *rgb(colour))
    return p


def ball(x, y, r, light, middle, dark):
    """The shading of a sphere lit from the upper left."""
    p = cairo.RadialGradient(x - r * 0.35, y - r * 0.4, r * 0.05, x, y, r * 1.05)
    for at, colour in ((0, light), (0.45, middle), (1, dark)):
        p.add_color_stop_rgb(at, *rgb(colour))
    return p


def glow(x, y, r, colour, alpha):
    """A spot that fades out."""
    p = cairo.RadialGradient(x, y, 0, x, y, r)
    p.add_color_stop_rgba(0, *rgb(colour), alpha)
    p.add_color_stop_rgba(1, *rgb(colour), 0)
    return p


def school_bus(p):
    p.sky("6fa3d8", "dbe8f2", 300)
    for x in range(-20, 700, 70):
        p.leaves(x, 215, 60, 70, 350, ("5f8f45", "47752f", "2f5522"))
    p.box(0, 290, W, 60, "8a8f86")
    p.box(0, 350, W, 130, fade(0, 350, 0, H, "6c6c6e", "4c4c50"))
    p.disc(320, 392, 275, "38383b", 16)
    body = fade(0, 120, 0, 380, "ffcf3a", "f7b511", "d8920a")
    p.box(60, 120, 440, 255, body, 22)
    p.box(470, 225, 120, 150, body, 22)
    for i in range(6):
        p.box(84 + i * 62, 150, 50, 62, "20262c", 6)
        p.box(84 + i * 62, 150, 50, 26, "56646f", 6)
    p.box(458, 150, 34, 80, "2c343b", 6)
    for y in (236, 276, 330):
        p.box(60, y, 530, 7, "1c1a15")
    p.box(60, 362, 535, 14, "1c1a15")
    for x in (160, 520):
        p.disc(x, 374, 44, "1b1b1d")
        p.disc(x, 374, 22, "b9b9b4")
        p.disc(x, 374, 9, "5a5a58")
    p.disc(578, 290, 11, "fff6d0")
    p.box(100, 106, 40, 16, "c8281e", 5)
    p.box(430, 106, 40, 16, "c8281e", 5)
    p.c.select_font_face("sans-serif", cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD)
    p.c.set_font_size(32)
    p.c.move_to(150, 268)
    p.c.set_source_rgb(0.1, 0.1, 0.08)
    p.c.show_text("SCHOOL BUS")


def orange_at(p, x, y, r):
    p.disc(x + r * 0.1, y + r * 0.92, r, glow(x, y + r * 0.92, r * 1.1, "201000", 0.5), r * 0.25)
    p.disc(x, y, r, ball(x, y, r, "ffc25a", "f88d12", "b95200"))
    for _ in range(int(r * 6)):
        a, d = p.rng.uniform(0, 2 * math.pi), r * math.sqrt(p.rng.random()) * 0.96
        p.disc(x + d * math.cos(a), y + d * math.sin(a), 1.6,
               glow(x + d * math.cos(a), y + d * math.sin(a), 2, "7a3500", 0.5))
    p.disc(x + r * 0.1, y - r * 0.72, r * 0.07, "5b6b1e", r * 0.05)


def orange(p):
    p.box(0, 0, W, H, fade(0, 0, 0, H, "efe8da", "d8ccb8"))
    for x, y, r in ((210, 190, 105), (420, 185, 108), (320, 300, 125)):
        orange_at(p, x, y, r)
    p.curve((330, 210), (360, 150, 430, 150, 470, 175), (430, 215, 370, 225, 330, 210),
            colour=fade(330, 150, 470, 220, "6fae3a", "2f6b1d"))


def banana(p):
    p.box(0, 0, W, H, fade(0, 0, 0, H, "f2efe8", "d9d3c6"))
    for i, (dy, light, dark) in enumerate(((-80, "f2cf3b", "b98a10"), (-20, "f7d94a", "c69a16"),
                                           (50, "ffe763", "d1a71e"))):
        y = 190 + dy
        p.curve((150, y - 30), (170, y + 150, 420, y + 190, 520, y - 10),
                (530, y - 20, 520, y - 40, 505, y - 30), (420, y + 70, 240, y + 60, 175, y - 60),
                (165, y - 70, 150, y - 55, 150, y - 30),
                colour=fade(300, y, 330, y + 140, light, light, dark))
        p.curve((160, y - 40), (190, y + 110, 400, y + 140, 510, y - 20), colour=dark, width=3,
                close=False)
        p.disc(161, y - 52, 12, "5b4312", 14)
        p.disc(514, y - 26, 9, "3d2f10", 10)


def goldfish(p):
    p.box(0, 0, W, H, fade(0, 0, 0, H, "4fb0e6", "1f6fb0"))
    for x in (60, 120, 540, 600):
        for k in range(10):
            y = 480 - k * 26
            p.disc(x + 14 * math.sin(k), y, 22, "2c7d43" if k % 2 else "3c9a55", 8, 0.6 * (-1) ** k)
    p.box(0, 440, W, 40, "b09a6a")
    p.scatter(600, 0, 440, W, 40, lambda x, y, d: p.disc(x, y, 4, p.rng.choice(
        ["c9b485", "8f7a50", "e3d2a8"])))
    tail = fade(420, 200, 580, 240, "ff8a1a", "ffc76a")
    p.curve((410, 240), (470, 190, 520, 140, 570, 150), (550, 200, 540, 230, 560, 320),
            (510, 320, 460, 280, 410, 240), colour=tail)
    p.curve((240, 196), (280, 120, 360, 120, 400, 205), colour=tail)
    p.curve((280, 290), (300, 345, 350, 345, 370, 284), colour=tail)
    p.disc(300, 240, 150, ball(300, 240, 150, "ffe9c8", "ff9a3a", "e0560c"), 58)
    for ix in range(-4, 6):
        for iy in range(-3, 4):
            x, y = 300 + ix * 24 + (iy % 2) * 12, 240 + iy * 20
            if ((x - 300) / 125) ** 2 + ((y - 240) / 46) ** 2 < 1 and x > 230:
                p.c.new_sub_path()
                p.c.arc(x, y, 12, -1.3, 1.3)
                p.paint("c9500c", 2)
    p.curve((270, 248), (300, 256, 330, 280, 345, 305), (310, 308, 280, 285, 270, 248), colour=tail)
    p.disc(205, 224, 16, "fff4dc")
    p.disc(202, 224, 9, "101010")
    p.disc(199, 221, 3, "ffffff")
    p.curve((155, 252), (166, 258, 175, 258, 182, 253), colour="9a3208", width=4, close=False)


def jellyfish(p):
    p.box(0, 0, W, H, fade(0, 0, 0, H, "0a3fae", "041a5e", "020b30"))
    p.box(0, 0, W, H, glow(320, 200, 300, "3f8cff", 0.5))
    for i in range(17):
        x = 215 + i * 13
        k = p.rng.uniform(-25, 25)
        p.curve((x, 240), (x + k, 300, x - k, 360, x + k * 1.4, 420 + p.rng.uniform(-30, 50)),
                colour=glow(x, 240, 230, "ffd9c0", 0.75), width=3, close=False)
    for i in range(5):
        x = 265 + i * 27
        k = p.rng.uniform(-18, 18)
        p.curve((x, 230), (x + k - 20, 290, x - k + 20, 320, x + k, 380),
                colour=glow(x, 230, 180, "ffb38a", 0.9), width=14, close=False)
    bell = cairo.RadialGradient(300, 140, 10, 320, 190, 150)
    bell.add_color_stop_rgba(0, 1, 0.95, 0.85, 0.95)
    bell.add_color_stop_rgba(0.6, 1, 0.65, 0.4, 0.85)
    bell.add_color_stop_rgba(1, 1, 0.5, 0.3, 0.75)
    p.curve((190, 240), (185, 60, 455, 60, 450, 240), (420, 262, 400, 236, 385, 252),
            (360, 268, 340, 240, 320, 254), (300, 268, 280, 238, 255, 254),
            (235, 262, 220, 240, 190, 240), colour=bell)
    for i in range(9):
        x = 205 + i * 29
        p.curve((320 + (x - 320) * 0.2, 112), (x * 0.5 + 160, 140, x, 190, x, 244),
                colour=glow(x, 240, 140, "a03a10", 0.6), width=3, close=False)


def water_tower(p):
    p.sky("3d7fd2", "c9def2", 400)
    p.cloud(110, 220, 50)
    p.cloud(560, 120, 50)
    for x in range(0, 700, 60):
        p.leaves(x, 430, 60, 50, 300, ("5f8f45", "47752f", "2f5522"))
    for x0, x1 in ((240, 215), (295, 290), (345, 350), (400, 425)):
        p.line([(x0, 210), (x1, 450)], "a9b2ba", 9)
    for y in (270, 340, 410):
        p.line([(233 - (y - 210) * 0.1, y), (407 + (y - 210) * 0.1, y)], "98a2ab", 5)
    for y in (270, 340):
        p.line([(233, y), (418, y + 70)], "98a2ab", 3)
        p.line([(407, y), (222, y + 70)], "98a2ab", 3)
    p.box(310, 200, 20, 250, "8b959e")
    tank = fade(215, 0, 425, 0, "f4f7fa", "dbe3ea", "93a1ae")
    p.box(215, 95, 210, 110, tank)
    p.disc(320, 205, 105, tank, 40)
    p.curve((210, 98), (240, 40, 400, 40, 430, 98), colour=fade(215, 0, 425, 0, "e2e8ee",
                                                               "b9c4ce", "76858f"))
    p.box(205, 196, 230, 9, "7d8a95")
    p.line([(320, 56), (320, 34)], "76858f", 4)


def lighthouse(p):
    p.sky("3a78c8", "cfe2f3", 330)
    p.cloud(120, 110, 55)
    p.cloud(520, 160, 50)
    p.box(0, 320, W, 160, fade(0, 320, 0, H, "4f86b5", "1f4f7c"))
    p.scatter(160, 0, 325, W, 150, lambda x, y, d: p.line(
        [(x, y), (x + 10 + 40 * d, y)], "8fb9d8", 1 + d))
    p.shape([(150, 480), (190, 400), (250, 370), (330, 360), (420, 375), (480, 420), (520, 480)],
            fade(0, 360, 0, 480, "7a6d5c", "463d33"))
    p.scatter(160, 170, 385, 330, 100, lambda x, y, d: p.disc(x, y, 10, p.rng.choice(
        ["8d7f6c", "5b5044", "6b5f50"]), 6))
    tower = fade(275, 0, 365, 0, "ffffff", "f0f0ee", "b4b8bd")
    red = fade(275, 0, 365, 0, "e23a2e", "c8231a", "8a1510")
    for i in range(6):
        y0, y1 = 130 + i * 40, 170 + i * 40
        a, b = 32 + i * 4, 36 + i * 4
        p.shape([(320 - a, y0), (320 + a, y0), (320 + b, y1), (320 - b, y1)],
                red if i % 2 else tower)
    p.box(276, 122, 88, 10, "2b2e33")
    p.box(294, 80, 52, 44, fade(294, 0, 346, 0, "fff3b0", "ffd84a", "c08a10"))
    for x in (294, 310, 328, 344):
        p.box(x - 1, 80, 3, 44, "2b2e33")
    p.shape([(284, 82), (320, 46), (356, 82)], red)
    p.line([(320, 48), (320, 28)], "2b2e33", 4)
    p.box(312, 200, 16, 22, "39424a")
    p.box(312, 280, 16, 22, "39424a")
    p.box(306, 335, 28, 36, "4a2f22")


def picket_fence(p):
    p.sky("6fa8dc", "dcebf6", 260)
    for x in range(0, 700, 80):
        p.leaves(x, 170, 70, 90, 420, ("7fae55", "557f36", "355a24"))
    p.grass(250)
    p.box(0, 215, W, 22, "d9dcdc")
    p.box(0, 330, W, 22, "d9dcdc")
    for x in range(-10, W, 62):
        p.shape([(x + 4, 440), (x + 4, 165), (x + 27, 130), (x + 50, 165), (x + 50, 440)],
                glow(x + 60, 300, 300, "102000", 0.35))
        p.shape([(x, 436), (x, 160), (x + 22, 125), (x + 44, 160), (x + 44, 436)],
                fade(x, 0, x + 44, 0, "ffffff", "f6f7f7", "c9cfd2"))
    shades = ["3c7a2a", "5b9a3a", "2f6322"]
    p.scatter(900, 0, 425, W, 60, lambda x, y, d: p.line(
        [(x, y), (x + p.rng.normal(0, 4), y - 20)], p.rng.choice(shades), 2))


def abacus(p):
    p.box(0, 0, W, H, fade(0, 0, 0, H, "f0ece2", "cfc7b6"))
    wood = fade(0, 60, 0, 430, "b5763a", "8a5322")
    p.box(110, 70, 430, 360, glow(325, 260, 300, "201008", 0.5), 12)
    colours = ["d8281e", "f2b417", "2f8a3a", "2357b5", "d8281e", "f2b417", "2f8a3a"]
    for i, colour in enumerate(colours):
        y = 102 + i * 46
        p.line([(115, y), (525, y)], "8f8f92", 4)
        split = int(p.rng.integers(3, 8))
        for k in range(10):
            x = 146 + k * 30 if k < split else 500 - (9 - k) * 30
            dark = "".join(f"{int(int(colour[j:j + 2], 16) * 0.5):02x}" for j in (0, 2, 4))
            p.disc(x, y, 14, ball(x, y, 20, "ffffff", colour, dark), 20)
    for x in (100, 518):
        p.box(x, 60, 24, 366, wood, 5)
    for y in (58, 404):
        p.box(100, y, 442, 24, wood, 5)


def spider_web(p):
    p.colours = 16
    p.box(0, 0, W, H, fade(0, 0, W, H, "4f6f45", "2f4a2d", "45613f"))
    for _ in range(25):
        x, y, r = p.rng.uniform(0, W), p.rng.uniform(0, H), p.rng.uniform(30, 90)
        p.disc(x, y, r, glow(x, y, r, "4f7f3f", 0.35))
    angles = np.sort(np.arange(16) * 2 * math.pi / 16 + p.rng.uniform(-0.07, 0.07, 16))
    spokes = [(math.cos(a), math.sin(a)) for a in angles]
    for x, y in spokes:
        p.line([(MX, MY), (MX + 420 * x, MY + 420 * y)], "dfe6e4", 2)
    for r in range(14, 240, 12):
        for i, (x, y) in enumerate(spokes):
            nx, ny = spokes[(i + 1) % len(spokes)]
            mx, my = (x + nx) / 2 * r * 0.93, (y + ny) / 2 * r * 0.93
            p.c.move_to(MX + r * x, MY + r * y)
            p.c.curve_to(MX + mx, MY + my, MX + mx, MY + my, MX + r * nx, MY + r * ny)
            p.paint("c9d3d0", 2.6)


def seashore(p):
    p.sky("2f79cf", "bfdcf3", 200)
    p.cloud(150, 90, 50)
    p.cloud(470, 70, 60)
    p.box(0, 195, W, 160, fade(0, 195, 0, 355, "1d5f9c", "2f9ac0", "8fd6d8"))
    p.scatter(160, 0, 200, W, 110, lambda x, y, d: p.line(
        [(x, y), (x + 10 + 50 * d, y)], "9fd0e0", 1 + d))
    p.box(0, 330, W, 150, fade(0, 330, 0, H, "d9c79c", "e8d8b2", "cdb685"))
    for base, colour, lift in ((322, "e9f6f5", 14), (336, "ffffff", 10), (350, "f4f4ea", 8)):
        p.c.move_to(-20, base)
        for x in range(-20, W + 60, 40):
            p.c.curve_to(x + 12, base + lift * math.sin(x), x + 26, base - lift * math.cos(x * 1.3),
                         x + 40, base + 5 * math.sin(x * 0.7))
        p.paint(colour, 9)
    p.scatter(700, 0, 365, W, 115, lambda x, y, d: p.disc(x, y, 1 + d, "b59d6c"))


def pizza(p):
    """Larger than the picture, seen a little from the side."""
    flat = 0.9
    p.box(0, 0, W, H, fade(0, 0, W, H, "e8e4dc", "cfc8bc"))
    for y in range(0, H, 60):
        p.line([(0, y), (W, y + 4)], "c2bbae", 3)
    p.disc(328, 250, 300, glow(328, 250, 313, "100800", 0.8))
    p.disc(MX, MY, 290, ball(MX, MY, 293, "e8b56a", "cf8f42", "8f5520"), 290 * flat)
    p.disc(MX, MY, 264, "b5351c", 264 * flat)
    p.disc(MX, MY, 258, ball(MX, MY, 268, "f9d98a", "f2be55", "d9912f"), 258 * flat)
    for _ in range(420):
        a, d = p.rng.uniform(0, 2 * math.pi), 254 * math.sqrt(p.rng.random())
        p.disc(MX + d * math.cos(a), MY + flat * d * math.sin(a), p.rng.uniform(4, 15),
               p.rng.choice(["fbe6a8", "e8a53c", "d9702a", "f6cf70", "c8482a"]), 6, a)
    for ring, n in ((50, 4), (120, 9)):
        for k in range(n):
            a = k * 2 * math.pi / n + ring
            d = ring * 290 / 212
            x, y = MX + d * math.cos(a), MY + flat * d * math.sin(a)
            p.disc(x, y, 24, ball(x, y, 25, "d0553a", "b02e1e", "7a160e"), 24 * flat)
    for _ in range(90):
        a, d = p.rng.uniform(0, 2 * math.pi), 243 * math.sqrt(p.rng.random())
        p.disc(MX + d * math.cos(a), MY + flat * d * math.sin(a), 10,
               p.rng.choice(["3f7a2a", "2b2620", "5f9a3a"]), 5, a)


# In the order of the show.
SCENES = [school_bus, orange, goldfish, lighthouse, abacus, jellyfish, pizza, picket_fence,
          water_tower, seashore, spider_web, banana]


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for number, scene in enumerate(SCENES, 1):
        pen = Pen(SEED + number)
        scene(pen)
        pen.finish().save(f"{folder}/scene-{number:02}.png", optimize=True)


if __name__ == "__main__":
    main()
