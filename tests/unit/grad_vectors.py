#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes grad_vectors.h: gradients of an inverted residual block by PyTorch. Needs torch."""

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def draw(seed, *shape):
    n, x, values = int(torch.tensor(shape).prod()), seed, []
    for _ in range(n):
        x = (x * 1664525 + 1013904223) & 0xffffffff
        values.append((x >> 8) / (1 << 24) * 2 - 1)
    return torch.tensor(values, dtype=torch.float64).float().reshape(shape)


x = (2 * draw(10, 1, 4, 4, 3)).requires_grad_()
w1, b1 = draw(11, 6, 1, 1, 3).requires_grad_(), draw(12, 6).requires_grad_()
w2, b2 = draw(13, 1, 3, 3, 6).requires_grad_(), draw(14, 6).requires_grad_()
w3, b3 = draw(15, 3, 1, 1, 6).requires_grad_(), draw(16, 3).requires_grad_()
y = F.relu6(F.conv2d(x.permute(0, 3, 1, 2), w1.permute(0, 3, 1, 2), b1))
y = F.relu6(F.conv2d(y, w2.permute(3, 0, 1, 2), b2, padding=1, groups=6))
y = F.conv2d(y, w3.permute(0, 3, 1, 2), b3) + x.permute(0, 3, 1, 2)
out = y.mean((2, 3))[0]
(out * torch.tensor([1.0, 2.0, 3.0])).sum().backward()

print("/* SPDX-License-Identifier: MIT */\n/* grad_vectors.h - written by grad_vectors.py. */")
print("/* clang-format off */")
for name, t in (("out", out.detach()), ("x", x.grad), ("w1", w1.grad), ("b1", b1.grad),
                ("w2", w2.grad), ("b2", b2.grad), ("w3", w3.grad), ("b3", b3.grad)):
    values = [f"{v:.7g}f" if "." in f"{v:.7g}" or "e" in f"{v:.7g}" else f"{v:.1f}f"
              for v in t.flatten().tolist()]
    print(f"static const float torch_{name}[] = {{")
    for i in range(0, len(values), 6):
        print("    " + ", ".join(values[i:i + 6]) + ",")
    print("};")
