#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ctrl-C while `mobilenet teach` looks at pictures, and while it fine-tunes: what there is by then is written.

usage: test_interrupt.py PROGRAM TINY SCENES (mobilenet; models/tiny; a folder of pictures)"""

import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time

SECONDS = 300


def run_until(command, sign):
    """Runs it on a terminal, sends SIGINT once the sign is on it; the exit status and all that was printed."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=slave, stderr=slave, stdin=subprocess.DEVNULL)
    os.close(slave)
    text, sent, start = "", False, time.monotonic()
    while time.monotonic() - start < SECONDS:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed: it has ended
            break
        if not part:
            break
        text += part.decode(errors="replace")
        if not sent and sign in text:
            process.send_signal(signal.SIGINT)
            sent = True
    if time.monotonic() - start >= SECONDS:
        process.kill()
    assert sent, f"no '{sign}' was printed:\n{text}"
    return process.wait(), text


def many_pictures(scenes, folder, times):
    """Two classes; the copies differ in what follows the picture's end, so that none is there twice."""
    for i, scene in enumerate(sorted(pathlib.Path(scenes).glob("*.png"))):
        to = folder / "ab"[i % 2]
        to.mkdir(parents=True, exist_ok=True)
        for k in range(times):
            (to / f"{k}-{scene.name}").write_bytes(scene.read_bytes() + str(k).encode())


def check_model(program, model):
    text = subprocess.run([program, "info", model], check=True, capture_output=True, text=True).stdout
    assert "labels: inside the model" in text, text


def main():
    program, tiny, scenes = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        os.environ["TERM"] = "dumb"
        model, data = folder / "out.tflite", folder / "many"
        many_pictures(scenes, data, 100)
        teach = [program, "teach", "--data", data, "--out", model, "--model"]
        status, text = run_until(teach + [f"{tiny}/mobilenet_v2_u8.tflite"], "] 40/1200")
        assert status == 0 and "interrupted: teaching with what has been seen so far" in text, text
        assert "2 classes" in text, text
        check_model(program, model)
        model.unlink()

        many_pictures(scenes, folder / "few", 1)
        teach[3] = folder / "few"
        status, text = run_until(teach + [f"{tiny}/mobilenet_v2_f32.tflite", "--unfreeze", "1", "--views", "64",
                                          "--epochs", "1000"], "epoch   2:")
        assert status == 0 and "by fine-tuning" in text and "epoch 1000" not in text, text
        check_model(program, model)


if __name__ == "__main__":
    main()
