"""Reads a JSON list of {rateHz, reference, heard} from stdin, both files of raw 16-bit samples, and prints a JSON list:
MOS-LQO by PESQ, narrow band (ITU-T P.862.1) at 8 kHz and wide band (P.862.2) at 16 kHz."""

import json
import sys

import numpy
from pesq import pesq


def score(trial):
    reference, heard = (numpy.fromfile(trial[name], dtype="<i2") for name in ("reference", "heard"))
    return pesq(trial["rateHz"], reference, heard, "wb" if trial["rateHz"] == 16000 else "nb")


print(json.dumps([score(trial) for trial in json.load(sys.stdin)]))
