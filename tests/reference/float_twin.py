#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A float network of the shape of an experiment file, trained on the same split: what the integers are compared with.

    tests/reference/float_twin.py configs/breast-idc-conv.yaml --epochs 20

Debian: apt-get install python3-torch python3-yaml. Nothing of the build needs it. ReLU, cross entropy, no dropout and no
augmentation; --batchnorm adds it after every convolution, which the integer network has not. Data, relative to QUOTIENT_DATA
(else data/): idx and windows, scaled as real numbers (bytes / 255, z-scores of the training recordings).
"""
import argparse
import csv
import gzip
import os
import struct
import sys
import time

import numpy as np
import torch
import yaml
from torch import nn


def merge(base, top):
    """`extends`: maps merge key by key, another `use` replaces."""
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return top
    if "use" in top and base.get("use") != top["use"]:
        return top
    return {k: merge(base[k], top[k]) if k in base and k in top else top.get(k, base.get(k)) for k in {**base, **top}}


def experiment(path):
    with open(path) as f:
        top = yaml.safe_load(f)
    if "extends" in top:
        top = merge(experiment(os.path.join(os.path.dirname(path), top.pop("extends"))), top)
    return top


def read(name):
    path = os.path.join(os.environ.get("QUOTIENT_DATA", "data"), name)
    with open(path, "rb") as f:
        packed = f.read(2) == b"\x1f\x8b"
    with (gzip.open if packed else open)(path, "rb") as f:
        return f.read()


def idx(name):
    raw = read(name)
    n = raw[3]
    dims = struct.unpack(f">{n}I", raw[4:4 + 4 * n])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * n).reshape(dims)


def npy(name):
    import io
    return np.load(io.BytesIO(read(name)))


def windows(data):
    arrays = [npy(a).astype(np.float64) for a in data["arrays"]]
    tests = {str(v) for v in data["test"]}
    rows = list(csv.reader(read(data["recordings"]).decode().splitlines()))[1:]
    side = [[], []]
    for row in rows:
        r = dict(zip(data["columns"], row))
        c, first, n = data["names"].index(r["class"]), int(r["first"]), int(r["rows"])
        side[r[data["split"]] in tests].append((c, first, n))
    training = np.concatenate([arrays[c][f:f + n] for c, f, n in side[0]])
    mean, deviation = training.mean(0), training.std(0)
    length, stride, out = data.get("length", 128), data.get("stride", 12), []
    for half in side:
        x, y = [], []
        for c, first, n in half:
            for k in range(first, first + n - length + 1, stride):
                x.append(((arrays[c][k:k + length] - mean) / deviation).astype(np.float32))
                y.append(c)
        out += [np.stack(x).reshape(-1, length, 1, len(mean)), np.array(y)]
    return out


def load(data):
    """Training examples [n, h, w, c] in float, labels; test examples, labels."""
    if data["use"] == "windows":
        out = windows(data)
    elif data["use"] == "idx":
        out = []
        for half in ("train", "test"):
            x = idx(data[half][0])
            x = x.reshape(x.shape + (1,) * (4 - x.ndim))
            out += [x.astype(np.float32) / 255, idx(data[half][1])]
        mean = out[0].mean((0, 1, 2))
        out[0], out[2] = out[0] - mean, out[2] - mean
    else:
        sys.exit(f"data/{data['use']} is not read here")
    return [torch.tensor(out[0]).permute(0, 3, 1, 2).contiguous(), torch.tensor(out[1].astype(np.int64)),
            torch.tensor(out[2]).permute(0, 3, 1, 2).contiguous(), torch.tensor(out[3].astype(np.int64))]


def pair(value):
    return tuple(value) if isinstance(value, list) else (int(value), int(value))


class Stage(nn.Module):
    """A linear layer and what acts on its output before the activation."""

    def __init__(self, linear, pad):
        super().__init__()
        self.linear, self.pad, self.norm = linear, pad, None
        self.over, self.projection, self.pool, self.flatten = 0, None, None, False


class Twin(nn.Module):
    def __init__(self, model, shape, batchnorm):
        super().__init__()
        stages, inputs = [], []   # inputs: shape of each stage's input
        for layer in model:
            use = layer["use"]
            if use == "fc":
                inputs.append(shape)
                n = int(np.prod(shape))
                stages.append(Stage(nn.Linear(n, layer["out"]), None))
                stages[-1].before = True
                shape = (layer["out"],)
            elif use == "conv2d":
                inputs.append(shape)
                k, s = pair(layer["kernel"]), pair(layer.get("stride", 1))
                padding, pad = layer.get("padding", "valid"), None
                if padding == "same":   # the output has ceil(input / stride) places; the odd zero goes last
                    total = [max(0, (-(-shape[i + 1] // s[i]) - 1) * s[i] + k[i] - shape[i + 1]) for i in (0, 1)]
                    pad = (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2)
                elif padding != "valid":
                    p = pair(padding)
                    pad = (p[1], p[1], p[0], p[0])
                stage = Stage(nn.Conv2d(shape[0], layer["out"], k, s, bias=not batchnorm), pad)
                stage.before = False
                if batchnorm:
                    stage.norm = nn.BatchNorm2d(layer["out"])
                grown = [shape[i + 1] + (sum(pad[2 - 2 * i:4 - 2 * i]) if pad else 0) for i in (0, 1)]
                shape = (layer["out"], (grown[0] - k[0]) // s[0] + 1, (grown[1] - k[1]) // s[1] + 1)
                stages.append(stage)
            elif use == "residual":
                stage = stages[-1]
                stage.over = layer["over"]
                if layer.get("project"):
                    source = inputs[len(stages) - stage.over]
                    step = [(source[i] - 1) // shape[i] + 1 for i in (1, 2)]
                    stage.projection = nn.Conv2d(source[0], shape[0], 1, step, bias=False)
            elif use == "maxpool":
                stages[-1].pool = pair(layer.get("size", 2))
                shape = (shape[0], shape[1] // stages[-1].pool[0], shape[2] // stages[-1].pool[1])
        self.stages = nn.ModuleList(stages)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        if not batchnorm:   # a block starts as its skip (Zhang, Dauphin and Ma, Fixup)
            for stage in stages:
                if stage.over:
                    nn.init.zeros_(stage.linear.weight)

    def forward(self, a):
        inputs = []
        for i, stage in enumerate(self.stages):
            inputs.append(a)
            z = a.flatten(1) if stage.before else a
            z = stage.linear(nn.functional.pad(z, stage.pad) if stage.pad else z)
            z = stage.norm(z) if stage.norm else z
            if stage.over:
                source = inputs[i + 1 - stage.over]
                z = z + (stage.projection(source) if stage.projection else source)
            z = nn.functional.max_pool2d(z, stage.pool) if stage.pool else z
            a = z if i == len(self.stages) - 1 else nn.functional.relu(z)
        return a


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("experiment")
    p.add_argument("--epochs", type=int)
    p.add_argument("--batch", type=int)
    p.add_argument("--rate", type=float, default=1e-3, help="of Adam; falls to 0 along a cosine")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--batchnorm", action="store_true")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--set", action="append", default=[], help="data.KEY=YAML, e.g. data.split=subject")
    args = p.parse_args()

    config = experiment(args.experiment)
    for setting in args.set:
        key, value = setting.split("=", 1)
        config["data"][key.replace("data.", "", 1)] = yaml.safe_load(value)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    x, y, test_x, test_y = load(config["data"])
    twin = Twin(config["model"], tuple(x.shape[1:]), args.batchnorm)
    epochs, batch = args.epochs or config["train"]["epochs"], args.batch or config["train"]["batch"]
    steps = len(x) // batch
    optimizer = torch.optim.Adam(twin.parameters(), args.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    print(f"{len(x)} training and {len(test_x)} test rows, {sum(q.numel() for q in twin.parameters())} parameters", flush=True)
    for epoch in range(epochs):
        twin.train()
        start, order, total = time.time(), torch.randperm(len(x)), 0.0
        for k in range(steps):
            rows = order[k * batch:(k + 1) * batch]
            loss = nn.functional.cross_entropy(twin(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        twin.eval()
        with torch.no_grad():
            right = sum(int((twin(a).argmax(1) == b).sum()) for a, b in zip(test_x.split(500), test_y.split(500)))
        print(f"epoch {epoch + 1}: loss {total / steps:.3f}, test accuracy {100 * right / len(test_x):.2f}% "
              f"({time.time() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
