#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the network of everyday.tflite on Tiny ImageNet; stops and resumes anywhere.

Workers train side by side, one thread each, and average their weights every
few steps: threads that share each layer would wait for one another on a busy
machine. The schedule runs over progress 0 ... 1: the share of --epochs seen or,
with --minutes, the share of that time used up, for a machine whose speed nobody
knows. Learning rate and picture size follow progress alone.
"""
import argparse
import math
import os
import time

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

import data
from net import SIDE, Net, count_macs, normalise

# Pictures are small first: most of what there is to learn costs half the time there.
SIDES = [(0.50, 32), (0.74, 40), (0.90, 48), (1.00, 64)]
# The smallest crop: parts of things teach much, but the last word is on whole pictures.
MIN_AREAS = [(0.90, 0.35), (1.00, 0.6)]
WARM_UP = 0.03
STEPS_APART = 16
AVERAGE_DECAY = 0.9


def at(progress, table):
    """The entry of `table`, pairs of (until, value), that holds at `progress`."""
    return next(value for until, value in table if progress < until)


def side_at(progress):
    return at(progress, SIDES)


def rate_at(progress, peak):
    if progress < WARM_UP:
        return peak * progress / WARM_UP
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def make_optimiser(net, decay):
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True)
    for p in net.parameters():
        optimiser.state[p]["momentum_buffer"] = torch.zeros_like(p)
    return optimiser


def floats_of(net):
    return [t for t in net.state_dict().values() if t.is_floating_point()]


class Exchange:
    """Weights, batch statistics and momenta of all workers, averaged in shared memory."""

    def __init__(self, workers, net):
        size = sum(t.numel() for t in floats_of(net)) + sum(p.numel() for p in net.parameters())
        self.rows = torch.zeros(workers, size).share_memory_()
        self.steps = torch.zeros(workers).share_memory_()
        self.full = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.progress = torch.zeros(1, dtype=torch.float64).share_memory_()
        self.seen = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.barrier = mp.get_context("spawn").Barrier(workers)

    def spread(self, rank, tensors):
        """Everyone takes over what the first worker starts from."""
        if rank == 0:
            self.rows[0] = torch.cat([t.reshape(-1) for t in tensors])
        self.barrier.wait()
        self._take(tensors, self.rows[0])
        self.barrier.wait()

    def is_over(self, turn, steps):
        """True once any worker did STEPS_APART steps: the others, on busier cores, did fewer."""
        if steps >= STEPS_APART:
            self.full[0] = turn
        return int(self.full[0]) >= turn

    def average(self, rank, tensors, steps):
        """Weights by steps done; returns the steps of all."""
        self.rows[rank] = torch.cat([t.reshape(-1) for t in tensors])
        self.steps[rank] = steps
        self.barrier.wait()
        total = self.steps.sum()
        self._take(tensors, (self.steps / total) @ self.rows)
        return int(total)

    @staticmethod
    def _take(tensors, row):
        for t, part in zip(tensors, row.split([t.numel() for t in tensors])):
            t.copy_(part.view(t.shape))


def validate(net, pictures, classes, side=SIDE, batch=250):
    """Top-1 and top-5 in percent."""
    top1 = top5 = 0
    with torch.no_grad():
        for at in range(0, len(classes), batch):
            x = data.to_nchw(pictures[at : at + batch], side)
            best = net(normalise(x)).topk(5).indices.numpy()
            hit = best == classes[at : at + batch, None]
            top1 += hit[:, 0].sum()
            top5 += hit.sum()
    return 100 * top1 / len(classes), 100 * top5 / len(classes)


def save(path, **state):
    torch.save(state, path + ".new")
    os.replace(path + ".new", path)


class Keeper:
    """What the first worker does besides training: clock, checkpoint, report, validation."""

    def __init__(self, args, net, optimiser, count):
        self.args, self.net, self.optimiser = args, net, optimiser
        self.path = os.path.join(args.work, "checkpoint.pt")
        self.average = Net(count).to(memory_format=torch.channels_last).eval()
        self.average.load_state_dict(net.state_dict())
        self.seen, self.spent = 0, 0.0
        self.pictures, self.classes = data.load(args.data, args.work, "val")
        self.order = np.random.default_rng(args.seed).permutation(len(self.classes))[:2000]

    def resume(self):
        state = torch.load(self.path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.load_state_dict(state["average"])
        self.seen, self.spent = state["seen"], state["spent"]

    def start(self):
        if os.path.exists(self.path):
            self.resume()
        elif self.args.start:
            weights = dict(np.load(self.args.start))
            state = {k: torch.from_numpy(v).float() for k, v in weights.items()}
            for net in (self.net, self.average):
                net.load_state_dict(state, strict=False)
        params = sum(p.numel() for p in self.net.parameters())
        macs = count_macs(self.net) / 1e6
        print(f"{params} parameters, {macs:.1f} M MAC, from picture {self.seen}", flush=True)
        self.started = self.kept = self.reported = time.monotonic()
        self.reported_seen = self.seen
        self.validated = 0.0

    def progress(self, pictures):
        if self.args.minutes:
            return (self.spent + time.monotonic() - self.started) / 60 / self.args.minutes
        return self.seen / (self.args.epochs * pictures)

    def keep(self):
        save(self.path, net=self.net.state_dict(), optimiser=self.optimiser.state_dict(),
             average=self.average.state_dict(), seen=self.seen,
             spent=self.spent + time.monotonic() - self.started)

    def after_exchange(self, progress, pictures, losses):
        self.seen += pictures
        for ours, theirs in zip(floats_of(self.average), floats_of(self.net)):
            ours.lerp_(theirs, 1 - AVERAGE_DECAY)
        now = time.monotonic()
        if now - self.reported > 30:
            speed = (self.seen - self.reported_seen) / (now - self.reported)
            print(f"{progress:6.1%} pictures {self.seen} side {side_at(progress)} "
                  f"rate {rate_at(progress, self.args.rate):.3f} loss {np.mean(losses):.3f} "
                  f"{speed:.0f} pictures/s", flush=True)
            self.reported, self.reported_seen = now, self.seen
            losses.clear()
        if now - self.kept > 120:
            self.keep()
            self.kept = now
        if progress - self.validated > 0.05:
            self.validated = progress
            self.show(self.pictures[self.order], self.classes[self.order], side_at(progress))

    def show(self, pictures, classes, side):
        top1, top5 = validate(self.average, pictures, classes, side)
        print(f"       top-1 {top1:.2f} top-5 {top5:.2f} of {len(classes)} at {side}", flush=True)


def work(rank, args, exchange):
    """One worker; the first also keeps the state that all share."""
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    pictures, classes = data.load(args.data, args.work, "train")
    count = int(classes.max()) + 1
    net = Net(count).to(memory_format=torch.channels_last).train()
    optimiser = make_optimiser(net, args.decay)
    keeper = None
    if rank == 0:
        keeper = Keeper(args, net, optimiser, count)
        keeper.start()
        exchange.seen[0] = keeper.seen
    tensors = floats_of(net) + [optimiser.state[p]["momentum_buffer"] for p in net.parameters()]
    exchange.spread(rank, tensors)
    rng = np.random.default_rng([args.seed, rank, int(exchange.seen[0])])
    order = np.empty(0, np.int64)
    losses, turn = [], 0
    while True:
        if keeper:
            exchange.progress[0] = keeper.progress(len(classes))
        exchange.barrier.wait()
        progress = float(exchange.progress[0])
        if progress >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate_at(progress, args.rate)
        turn, steps = turn + 1, 0
        while not steps or not exchange.is_over(turn, steps):
            if len(order) < args.batch:
                order = rng.permutation(len(classes))
            which, order = order[: args.batch], order[args.batch :]
            x = data.augment(
                pictures, which, side_at(progress), rng, at(progress, MIN_AREAS)
            )
            loss = F.cross_entropy(net(x), torch.from_numpy(classes[which]), label_smoothing=0.1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            steps += 1
        steps = exchange.average(rank, tensors, steps)
        if keeper:
            keeper.after_exchange(progress, steps * args.batch, losses)
    if keeper:
        keeper.keep()
        keeper.show(keeper.pictures, keeper.classes, SIDE)


def parse():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", required=True, help="the folder tiny-imagenet-200")
    p.add_argument("--work", required=True, help="folder for decoded pictures and checkpoint")
    p.add_argument("--epochs", type=float, default=60)
    p.add_argument("--minutes", type=float, help="follow the clock instead of --epochs")
    p.add_argument("--start", help="weights to begin with, an .npz of export.py")
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--batch", type=int, default=128, help="of each worker")
    p.add_argument("--rate", type=float, default=0.1, help="peak learning rate")
    p.add_argument("--decay", type=float, default=1e-4, help="weight decay of kernels")
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def main():
    args = parse()
    for part in ("train", "val"):
        data.load(args.data, args.work, part)
    exchange = Exchange(args.workers, Net(len(data.read_wnids(args.data))))
    mp.spawn(work, (args, exchange), nprocs=args.workers)


if __name__ == "__main__":
    main()
