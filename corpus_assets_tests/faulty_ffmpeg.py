"""Makes an executable that runs the real ffmpeg and then spoils what it leaves behind.

Only clips with `spoilt` in their name are touched, so that the engine's probe and other clips are
as ever. Used for faults that a healthy ffmpeg cannot be provoked to show. With `hang`, a child with
the executable's path among its arguments keeps it from ending.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

SCRIPT = """#!{python}
import json, os, re, signal, subprocess, sys

arguments = sys.argv[1:]
found = re.search(r"log_path=(/proc/self/fd/(\\d+))", " ".join(arguments))
fds = [int(n) for n in re.findall(r"/proc/self/fd/(\\d+)", " ".join(arguments))]
done = subprocess.run([{ffmpeg!r}, *arguments], pass_fds=fds)
if done.returncode or not found or "spoilt" not in " ".join(arguments):
    sys.exit(done.returncode)
path, fault = found[1], {fault!r}
if fault == "hang":
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", {target!r}])
text = open(path).read()
report = json.loads(text)
frames = report["frames"]
if fault == "missing frame":
    del frames[5]
elif fault == "wrong count":
    del frames[-1]
elif fault == "missing key":
    del frames[3]["metrics"]["integer_adm2"]
elif fault == "missing key everywhere":
    for frame in frames:
        del frame["metrics"]["integer_motion3"]
elif fault == "extra key":
    frames[3]["metrics"]["surprise"] = 1.0
elif fault == "null":
    frames[3]["metrics"]["vmaf"] = None
elif fault == "text":
    frames[3]["metrics"]["vmaf"] = "90.0"
elif fault == "duplicate number":
    frames[4]["frameNum"] = 3
text = json.dumps(report)
if fault == "partial":
    text = text[: len(text) // 2]
if fault == "no report":
    text = ""
if fault != "none":
    os.truncate(path, 0)
    with open(path, "r+") as file:
        file.write(text)
if fault == "exit code":
    sys.exit(3)
if fault == "signal":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def make_faulty_ffmpeg(target: Path, ffmpeg: str, fault: str) -> str:
    """Write the executable and return its path."""
    target.write_text(
        SCRIPT.format(python=sys.executable, ffmpeg=ffmpeg, fault=fault, target=str(target))
    )
    target.chmod(target.stat().st_mode | stat.S_IXUSR)
    return str(target)
