"""Reads a JSON list of {rateHz, reference, heard} from stdin, both files of raw 16-bit samples, and prints a JSON list:
short-time objective intelligibility (Taal et al., 2011), 0 to 1."""

import json
import sys

import numpy
from pystoi import stoi


def score(trial):
    reference, heard = (numpy.fromfile(trial[name], dtype="<i2").astype(float) for name in ("reference", "heard"))
    length = min(len(reference), len(heard))
    return float(stoi(reference[:length], heard[:length], trial["rateHz"]))


print(json.dumps([score(trial) for trial in json.load(sys.stdin)]))
