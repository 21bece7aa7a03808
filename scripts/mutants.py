#!/usr/bin/env python3
"""Does `tenon check` find designs that are wrong? Breaks the RTL, one place at a time, and checks each design.

    scripts/mutants.py                       the named mutants of hw/mutants/named.json
    scripts/mutants.py --random 10 --seed 1  ten more, each an operator, a constant or a condition at random
    scripts/mutants.py --none                the design as it is: nothing may be found

What commands cannot show (hw/mutants/unseen.json says why) is left out of the random ones. Each design is verilated
for DIM 8 and linked with the bench that the build has (build/, sim/systemc). Exit code: 0 if every named mutant and
nine of ten random ones are caught, else 1.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
RTL = REPOSITORY / "hw" / "rtl"
NAMED = REPOSITORY / "hw" / "mutants" / "named.json"
UNSEEN = REPOSITORY / "hw" / "mutants" / "unseen.json"
TARGET = REPOSITORY / "targets" / "npu-sim"
PLUGIN = "libtenon-npu-sim-rtl.so"
DIM = 8
# Performance counters and checks of the bus: nothing that commands show.
FILES_LEFT_OUT = ("npu_counters.sv", "npu_axi_order.sv")
ENOUGH = 0.9


@dataclasses.dataclass
class Mutant:
    name: str
    file: str
    line: int
    before: str
    after: str
    text: str  # of the whole file

    def unseen(self):
        """Why no command can show it, by hw/mutants/unseen.json; empty where one should."""
        lines = "\n".join(self.text.split("\n")[max(0, self.line - 3):self.line] + [self.before])
        for entry in json.loads(UNSEEN.read_text()):
            if re.search(entry["file"], self.file) and re.search(entry["text"], lines):
                return entry["why"]
        return ""

    def where(self):
        return f"{self.file}:{self.line}: {self.before.strip()}  ->  {self.after.strip()}"


@dataclasses.dataclass
class Verdict:
    mutant: Mutant
    caught: str  # by what; empty: it survived
    case: str
    seconds: float


# --- Mutations -----------------------------------------------------------------------------------------------------

OPERATORS = [
    (r" \+ ", " - "), (r" - ", " + "), (r" && ", " || "), (r" \|\| ", " && "), (r" & ", " | "), (r" \| ", " & "),
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" > ", " >= "), (r" >= ", " > "), (r" << ", " >> "),
    (r" >> ", " << "), (r"\+= ", "-= "), (r"-= ", "+= "),
]
NUMBER = re.compile(r"(?<![\w'\[:])(\d+'d)?(\d+)(?![\w'\]:])")
CONDITION = re.compile(r"\bif \((?!!rst)(.*)\)(?= begin$| [a-z]\w+ (<=|=) )")
LEFT_ALONE = re.compile(
    r"^\s*(//|`|import |module|endmodule|package|parameter|localparam|typedef|input|output|logic|import|for \(|"
    r"assert|else \$|\$error|genvar|initial|function|endfunction|npu_\w+ )|\bassert\b|\$error|rst_ni|: gen_")


def mutable_lines(text):
    """Numbers of lines that mutate: no declarations, no comments, nothing between `ifndef SYNTHESIS and `endif."""
    checked = False
    for number, line in enumerate(text.split("\n")):
        if line.startswith("`ifndef SYNTHESIS"):
            checked = True
        if line.startswith("`endif"):
            checked = False
        if not checked and line.strip() and not LEFT_ALONE.search(line):
            yield number


def code_of(line):
    return line.split("//")[0]


def mutations_of(line):
    """Every line that this one may become."""
    code = code_of(line)
    rest = line[len(code):]
    for pattern, replacement in OPERATORS:
        for found in re.finditer(pattern, code):
            yield code[:found.start()] + replacement + code[found.end():] + rest
    for found in NUMBER.finditer(code):
        width, digits = found.group(1) or "", int(found.group(2))
        if width == "1'd":
            continue
        yield code[:found.start()] + f"{width}{digits + 1}" + code[found.end():] + rest
    for old, new in (("1'b1", "1'b0"), ("1'b0", "1'b1")):
        for found in re.finditer(old, code):
            yield code[:found.start()] + new + code[found.end():] + rest
    for found in CONDITION.finditer(code):
        yield code[:found.start(1)] + f"!({found.group(1)})" + code[found.end(1):] + rest


def mutant_of(name, file, number, after, lines):
    before = lines[number]
    changed = lines[:number] + [after] + lines[number + 1:]
    return Mutant(name, file, number + 1, before, after, "\n".join(changed))


def random_mutants(seed, files):
    """An endless row of mutants; each file is as likely as its share of the places that mutate."""
    places = []
    for file in files:
        lines = (RTL / file).read_text().split("\n")
        for number in mutable_lines("\n".join(lines)):
            for after in mutations_of(lines[number]):
                places.append((file, number, after, lines))
    generator = random.Random(seed)
    generator.shuffle(places)
    for count, (file, number, after, lines) in enumerate(places):
        yield mutant_of(f"random-{seed}-{count}", file, number, after, lines)


def named_mutants():
    for entry in json.loads(NAMED.read_text()):
        text = (RTL / entry["file"]).read_text()
        if text.count(entry["from"]) != 1:
            sys.exit(f"error: {NAMED.name}: {entry['name']}: the text is {text.count(entry['from'])} times in "
                     f"{entry['file']}, it must be there once")
        at = text.index(entry["from"])
        yield Mutant(entry["name"], entry["file"], text[:at].count("\n") + 1, entry["from"], entry["to"],
                     text.replace(entry["from"], entry["to"]))


# --- Building ------------------------------------------------------------------------------------------------------


class Builder:
    """Makes a plugin of a folder of RTL, with the bench's objects of the build."""

    def __init__(self, build, folder, jobs):
        self.build, self.folder, self.jobs = build, folder, jobs
        self.package = folder / "npu_sim_pkg.sv"
        folder.mkdir(parents=True, exist_ok=True)
        objects = "sim/systemc/CMakeFiles/tenon-npu-sim-rtl.dir"
        self.objects = [f"{objects}/Plugin.cpp.o", f"{objects}/sc_main.cpp.o"]
        archives = [f"sim/systemc/lib{name}.a" for name in
                    ("tenon_npu_device", "tenon_npu_bench", "tenon_bus_models", "verilated_runtime")]
        self.run(["ninja", "-C", build, f"-j{jobs}", "tenon", "tenon-device-worker", *self.objects, *archives])
        self.package.write_text(self.run(
            [build / "bin/tenon", "target", "package", TARGET / "target.yaml", "--parameter", f"DIM={DIM}"]))
        self.libraries = self.link_libraries()
        model = (REPOSITORY / "sim/systemc/MakeModel.cpp.in").read_text()
        for key, value in (("name", "npu8"), ("recorder_header", "sim/systemc/NpuModel.h"), ("recorder", "NoRecorder")):
            model = model.replace(f"@{key}@", value)
        (folder / "MakeModel.cpp").write_text(model)
        variants = (REPOSITORY / "sim/systemc/Variants.cpp.in").read_text()
        variants = variants.replace(
            "@TENON_VARIANT_DECLARATIONS@", "std::unique_ptr<NpuModel> make_npu8(const NpuModelOptions &options);")
        variants = variants.replace("@TENON_VARIANT_ENTRIES@", f'{{"npu8", {{{{"DIM", {DIM}}}}}, false, make_npu8}},')
        (folder / "Variants.cpp").write_text(variants)

    @staticmethod
    def run(command, **options):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
        if done.returncode:
            raise RuntimeError(f"{' '.join(str(part) for part in command[:4])} ...\n{done.stdout}{done.stderr}")
        return done.stdout

    def link_libraries(self):
        """What the plugin of the build is linked with, without its models."""
        text = (self.build / "build.ninja").read_text()
        rule = text[text.index(f"build lib/{PLUGIN}:"):]
        line = re.search(r"^  LINK_LIBRARIES = (.*)$", rule, re.M).group(1)
        return [part for part in line.split() if not re.search(r"/libnpu\d+(_trace)?\.a$", part)]

    def make(self, mutant):
        """The folder that holds the plugin; nothing where the mutant is no design that elaborates."""
        place = self.folder / (mutant.name if mutant else "unchanged")
        shutil.rmtree(place, ignore_errors=True)
        rtl = place / "rtl"
        shutil.copytree(RTL, rtl)
        if mutant:
            (rtl / mutant.file).write_text(mutant.text)
        try:
            self.run(["verilator", "--cc", "-O3", "--x-assign", "unique", "--x-initial", "unique", "--prefix",
                      "Vnpu8", "--top-module", "npu_top", "--Mdir", place / "verilated", "--output-split", "20000",
                      "-Wno-UNOPTFLAT", "-Wno-fatal", REPOSITORY / "hw/lint/verilator.vlt", self.package, "-F",
                      rtl / "npu.f"])
        except RuntimeError as error:
            if "%Error" in str(error):
                return None
            raise
        self.compile(place)
        return place

    def compile(self, place):
        sources = sorted((place / "verilated").glob("*.cpp"))
        sources += [self.folder / "MakeModel.cpp", self.folder / "Variants.cpp"]
        include = "/usr/share/verilator/include"
        flags = ["-std=c++20", "-fPIC", "-w", "-fno-strict-aliasing", "-DVL_TIME_CONTEXT", f"-I{REPOSITORY}",
                 f"-I{place / 'verilated'}", "-isystem", include, "-isystem", f"{include}/vltstd"]
        commands = []
        for source in sources:
            # What runs once need not be fast.
            level = "-O0" if "Slow" in source.name or "Syms" in source.name else "-O1"
            commands.append(["clang++-19", *flags, level, "-c", str(source), "-o", str(place / f"{source.stem}.o")])
        running = []
        for command in commands:
            running.append(subprocess.Popen(command))
            if len(running) == self.jobs:
                self.finish(running.pop(0))
        for process in running:
            self.finish(process)
        objects = [str(place / f"{source.stem}.o") for source in sources]
        self.run(["clang++-19", "-shared", "-fPIC", "-fuse-ld=lld", *self.objects, *objects, *self.libraries, "-o",
                  place / PLUGIN], cwd=self.build)

    @staticmethod
    def finish(process):
        if process.wait():
            raise RuntimeError(f"{process.args[-1]} is not made")


# --- Checking ------------------------------------------------------------------------------------------------------


def check(build, place, options):
    """Gives what caught the design, and the case; empty texts where nothing did."""
    environment = dict(os.environ, TENON_PLUGIN_PATH=str(place))
    command = [build / "bin/tenon", "check", TARGET, "--engine", "rtl", "--param", f"DIM={DIM}", "--seed",
               str(options.check_seed), "--cases", str(options.cases), "--seconds", str(options.seconds),
               "--shrink-seconds", str(options.shrink_seconds), "--timeout", "120", "--json", place / "check.json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=environment)
    (place / "check.txt").write_text(done.stdout + done.stderr)
    if done.returncode == 0:
        return "", f"{json.loads((place / 'check.json').read_text())['cases']} cases"
    if done.returncode not in (1, 5):
        raise RuntimeError(f"tenon check gave {done.returncode}\n{done.stdout}{done.stderr}")
    error = json.loads((place / "check.json").read_text())["errors"][0]["message"]
    return ("a difference" if done.returncode == 1 else "a failure"), error[:110]


def verdicts(builder, mutants, count, options):
    found = 0
    for mutant in mutants:
        if found == count:
            return
        if mutant and mutant.unseen():
            print(f"left out {mutant.name} {mutant.where()}\n         {mutant.unseen()}", flush=True)
            continue
        begin = time.monotonic()
        place = builder.make(mutant)
        if place is None:
            print(f"no design: {mutant.where()}", flush=True)
            continue
        found += 1
        caught, case = check(builder.build, place, options)
        verdict = Verdict(mutant, caught, case, time.monotonic() - begin)
        print(f"{'caught' if caught else 'SURVIVED':8} {mutant.name if mutant else 'unchanged'} "
              f"({verdict.seconds:.0f} s) {mutant.where() if mutant else ''}\n         {caught or 'nothing'}: {case}",
              flush=True)
        if not options.keep:
            for made in list(place.glob("*.o")) + list(place.glob("verilated/*")):
                made.unlink()
        yield verdict


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=0, metavar="N", help="so many random mutants")
    parser.add_argument("--seed", type=int, default=1, help="of the random mutants")
    parser.add_argument("--no-named", action="store_true", help="leave the named mutants out")
    parser.add_argument("--none", action="store_true", help="check the design as it is")
    parser.add_argument("--cases", type=int, default=60, help="of each intrinsic")
    parser.add_argument("--check-seed", type=int, default=1, help="of tenon check")
    parser.add_argument("--seconds", type=float, default=120, help="of each check")
    parser.add_argument("--shrink-seconds", type=float, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append", help="only random mutants of this file")
    parser.add_argument("--list", action="store_true", help="print the random mutants, build nothing")
    parser.add_argument("--keep", action="store_true", help="keep what was compiled")
    parser.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build")
    parser.add_argument("--folder", type=pathlib.Path, help="default: BUILD/mutants")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    files = options.file or sorted(path.name for path in RTL.glob("*.sv") if path.name not in FILES_LEFT_OUT)
    if options.list:
        for mutant, _ in zip(random_mutants(options.seed, files), range(options.random)):
            print(f"{mutant.name} {mutant.where()}")
        return 0
    builder = Builder(options.build, options.folder or options.build / "mutants", options.jobs)
    if options.none:
        return 1 if any(verdict.caught for verdict in verdicts(builder, [None], 1, options)) else 0
    named = [] if options.no_named else list(verdicts(builder, named_mutants(), 1000, options))
    drawn = list(verdicts(builder, random_mutants(options.seed, files), options.random, options))
    caught = sum(bool(verdict.caught) for verdict in drawn)
    print(f"named: {sum(bool(verdict.caught) for verdict in named)} of {len(named)} caught; "
          f"random: {caught} of {len(drawn)} caught")
    return 0 if all(verdict.caught for verdict in named) and caught >= ENOUGH * len(drawn) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
