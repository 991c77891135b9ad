"""The contract's samples beside the source tree, if there are any."""
import glob
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "../../../shared/examples")


def like(sample, value, where=""):
    """Every member of the sample is there, of its type; of maps with keys of
    the user's choice, each."""
    if isinstance(sample, dict):
        for name, inner in sample.items():
            if not isinstance(value, dict) or name not in value:
                return f"{where}.{name} is missing"
            fault = like(inner, value[name], f"{where}.{name}")
            if fault:
                return fault
    elif type(sample) is not type(value):
        return f"{where} is {value!r}"
    elif isinstance(sample, list) and sample and value:
        return like(sample[0], value[0], f"{where}[0]")
    return None


def as_sample(number, value, change):
    """`change` fits the sample to this program's names."""
    files = glob.glob(f"{EXAMPLES}/{number:02}_*.json")
    if not files:
        print(f"SKIPPED: sample {number} is not there: nothing compared",
              file=sys.stderr)
        return
    with open(files[0], encoding="utf-8") as f:
        sample = json.load(f)
    change(sample)
    fault = like(sample, value)
    if fault:
        sys.exit(f"FAILED: as {os.path.basename(files[0])}: {fault}")
    print(f"ok  as {os.path.basename(files[0])}")
