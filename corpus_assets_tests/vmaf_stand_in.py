"""Makes an executable that stands in for libvmaf's `vmaf`, which no package registry has.

It parses the tool's real option syntax and lets the embedded ffmpeg's libvmaf score the same files.
So it proves the plumbing, not the numbers of a real build. `build` chooses what kind of build it
plays:

stock           as libvmaf 3.2
fork            also has ssimulacra2 (here a copy of psnr_y), and motion_v2 for motion3
no pipes        refuses anything that is not a regular file
old             without --threads and --quiet
short           scores one frame less, and ends with exit code 0
crash           ends with SIGSEGV on clips, not on trials
hang            does not end on clips
other tool      has no --feature
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

SCRIPT = """#!{python}
import argparse, json, os, re, signal, stat, subprocess, sys, time

build = {build!r}
parser = argparse.ArgumentParser(add_help=False)
for short, name in (
    ("r", "reference"), ("d", "distorted"), ("w", "width"), ("h", "height"),
    ("p", "pixel_format"), ("b", "bitdepth"), ("m", "model"), ("o", "output"),
):
    parser.add_argument(f"-{{short}}", f"--{{name}}")
parser.add_argument("--json", action="store_true")
if build != "other tool":
    parser.add_argument("--feature", action="append", default=[])
if build != "old":
    parser.add_argument("--threads")
    parser.add_argument("-q", "--quiet", action="store_true")
if "--version" in sys.argv:
    sys.exit("3.2.0-stand-in")
if "--help" in sys.argv:
    print(parser.format_help(), file=sys.stderr)
    sys.exit(1)
options = parser.parse_args()
features = options.feature
known = {known!r} + (["ssimulacra2", "motion_v2"] if build == "fork" else [])
for name in features:
    if name not in known:
        print("problem loading feature extractor:", name, file=sys.stderr)
        sys.exit(255)
for path in (options.reference, options.distorted):
    if build == "no pipes" and not stat.S_ISREG(os.stat(path).st_mode):
        sys.exit("could not open file: " + path)
trial = int(options.width) in (64, 256)
if build == "crash" and not trial:
    os.kill(os.getpid(), signal.SIGSEGV)
if build == "hang" and not trial:
    time.sleep(600)
pixels = {{"8": "yuv420p", "10": "yuv420p10le"}}[options.bitdepth]
geometry = ["-f", "rawvideo", "-pixel_format", pixels,
            "-video_size", f"{{options.width}}x{{options.height}}"]
more = {{"psnr"}} if "ssimulacra2" in features else set()
asked = sorted(set(features) - {{"ssimulacra2", "motion_v2"}} | more)
feature = ":feature=" + "|".join("name=" + name for name in asked) if asked else ""
cut = "trim=end_frame=5" if build == "short" and not trial else "null"
graph = (f"[1:v]{{cut}}[dis];[0:v]{{cut}}[ref];[dis][ref]libvmaf=log_fmt=json:"
         f"log_path={{options.output}}:shortest=1:repeatlast=0:"
         f"model={{options.model}}{{feature}}[o]")
fds = [int(n) for n in re.findall(r"/proc/self/fd/(\\d+)", " ".join(sys.argv))]
done = subprocess.run(
    [{ffmpeg!r}, "-nostdin", "-v", "error", *geometry, "-i", options.reference,
     *geometry, "-i", options.distorted, "-filter_complex", graph, "-map", "[o]",
     "-f", "null", "-"], pass_fds=fds)
if done.returncode:
    sys.exit(done.returncode)
if build == "fork":
    with open(options.output) as file:
        report = json.load(file)
    for frame in report["frames"]:
        metrics = frame["metrics"]
        if "ssimulacra2" in features:
            metrics["ssimulacra2"] = metrics["psnr_y"]
        if "motion_v2" not in features:
            del metrics["integer_motion3"]
    with open(options.output, "w") as file:
        json.dump(report, file)
"""

KNOWN = [
    *("adm", "cambi", "ciede", "float_ms_ssim", "float_ssim", "motion", "psnr", "psnr_hvs"),
    *("speed_chroma", "speed_temporal", "vif"),
]


def make_vmaf(target: Path, ffmpeg: str, build: str = "stock") -> str:
    """Write the executable and return its path."""
    text = SCRIPT.format(python=sys.executable, ffmpeg=ffmpeg, build=build, known=KNOWN)
    target.write_text(text)
    target.chmod(target.stat().st_mode | stat.S_IXUSR)
    return str(target)
