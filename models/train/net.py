# SPDX-License-Identifier: MIT
"""The network of everyday.tflite: a MobileNet for pictures of 64x64.

The early, large layers are fused inverted residuals (a dense 3x3 expansion and
a 1x1 projection): on a CPU they train several times faster than depthwise ones
of the same cost. The late, small ones are the inverted residuals of MobileNet
v2. Strided layers pad below and to the right only, as TensorFlow's SAME does.
"""
import torch
import torch.nn.functional as F
from torch import nn

SIDE = 64

# kind, input channels, expanded channels, output channels, stride
BLOCKS = [
    ("fused", 16, 64, 32, 2),
    ("fused", 32, 64, 32, 1),
    ("fused", 32, 160, 80, 2),
    ("fused", 80, 160, 80, 1),
    ("fused", 80, 160, 80, 1),
    ("fused", 80, 320, 192, 2),
    ("depthwise", 192, 576, 192, 1),
    ("depthwise", 192, 576, 192, 1),
]
STEM = 16
HEAD = 768


class _Filter(torch.autograd.Function):
    """A depthwise 3x3, stride 1, padding 1, whose weight gradient is nine products.

    The library's own takes a fifth of the whole training time.
    """

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, padding=1, groups=len(weight))

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        turned = F.conv2d(grad, weight.flip(2, 3), padding=1, groups=len(weight))
        wide = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        grad = grad.permute(0, 2, 3, 1)
        _, h, w, _ = grad.shape
        taps = [
            torch.mul(wide[:, i : i + h, j : j + w], grad).sum((0, 1, 2))
            for i in range(3)
            for j in range(3)
        ]
        return turned, torch.stack(taps, 1).view_as(weight)


class Filter(nn.Conv2d):
    """The depthwise convolution of a block."""

    def __init__(self, channels):
        super().__init__(channels, channels, 3, padding=1, groups=channels, bias=False)

    def forward(self, x):
        return _Filter.apply(x, self.weight) if self.training else super().forward(x)


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless it projects, ReLU6."""

    def __init__(self, cin, cout, kernel, stride=1, groups=1, act=True):
        layers = []
        if stride == 2:
            layers.append(nn.ZeroPad2d((0, 1, 0, 1)))
        padding = 0 if stride == 2 else kernel // 2
        if groups > 1 and stride == 1:
            layers.append(Filter(cin))
        else:
            layers.append(nn.Conv2d(cin, cout, kernel, stride, padding, groups=groups, bias=False))
        layers.append(nn.BatchNorm2d(cout))
        if act:
            layers.append(nn.ReLU6())
        super().__init__(*layers)


class Block(nn.Module):
    """An inverted residual: expand, (filter,) project, add where shapes allow."""

    def __init__(self, kind, cin, wide, cout, stride):
        super().__init__()
        if kind == "fused":
            layers = [ConvNorm(cin, wide, 3, stride)]
        else:
            layers = [ConvNorm(cin, wide, 1), ConvNorm(wide, wide, 3, stride, groups=wide)]
        self.layers = nn.Sequential(*layers, ConvNorm(wide, cout, 1, act=False))
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.residual else y


class Net(nn.Module):
    """Takes RGB bytes brought to -1 ... 1 (NCHW), returns logits."""

    def __init__(self, classes):
        super().__init__()
        self.stem = ConvNorm(3, STEM, 3, 2)
        self.blocks = nn.Sequential(*(Block(*b) for b in BLOCKS))
        self.head = ConvNorm(BLOCKS[-1][3], HEAD, 1)
        self.classify = nn.Linear(HEAD, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.classify.weight, std=0.01)
        nn.init.zeros_(self.classify.bias)

    def forward(self, x):
        x = self.head(self.blocks(self.stem(x)))
        return self.classify(x.mean((2, 3)))


def normalise(pictures):
    """uint8 NCHW to float, exactly what the quantised input stands for."""
    return (pictures.float() - 128.0) / 128.0


def count_macs(net, side=SIDE):
    """Multiply-accumulates of one picture."""
    total = 0

    def add(module, _, out):
        nonlocal total
        total += out.numel() * module.weight[0].numel()

    hooks = [
        m.register_forward_hook(add)
        for m in net.modules()
        if isinstance(m, (nn.Conv2d, nn.Linear))
    ]
    was_training = net.training
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, side, side))
    net.train(was_training)
    for h in hooks:
        h.remove()
    return total
