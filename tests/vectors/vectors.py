"""A reader of the files that tenon compile --vectors writes: their README.txt is all that it knows."""

import json
import pathlib
import subprocess


class Layer:
    def __init__(self, folder, entry):
        self.folder, self.entry, self.name = folder, entry, entry["folder"]

    def commands(self):
        """The words as bytes in the order of the stream, from commands.hex."""
        return [bytes.fromhex(line)[::-1] for line in (self.folder / "commands.hex").read_text().split()]

    def regions(self, when):
        """(memory, address, bytes) of every region, from the .hex files."""
        for path in sorted((self.folder / when).glob("*.hex")):
            for part in path.read_text().split("@")[1:]:
                address, *content = part.split()
                yield path.stem, int(address, 16), bytes.fromhex("".join(content))

    def regions_of_the_list(self, when):
        """The same from regions.txt and the .bin files."""
        for line in (self.folder / "regions.txt").read_text().splitlines():
            of, memory, address, count, offset = line.split()
            if of == when:
                content = (self.folder / when / f"{memory}.bin").read_bytes()
                yield memory, int(address), content[int(offset):int(offset) + int(count)]


def read(folder):
    folder = pathlib.Path(folder)
    index = json.loads((folder / "vectors.json").read_text())
    assert index["schema"] == "tenon.vectors/1"
    return index, [Layer(folder / entry["folder"], entry) for entry in index["layers"]]


def replay_on_spec(machine, description, parameters, layer):
    """The first difference as (memory, address, found, expected), or None."""
    lines = [f"poke {memory} {address} {content.hex()}" for memory, address, content in layer.regions("before")]
    lines.append("run " + b"".join(layer.commands()).hex())
    expected = list(layer.regions("after"))
    lines += [f"peek {memory} {address} {len(content)}" for memory, address, content in expected]
    settings = [f"{name}={value}" for name, value in parameters.items()]
    done = subprocess.run([machine, description, *settings], input="\n".join(lines) + "\n", capture_output=True,
                          text=True)
    assert done.returncode == 0, f"{layer.name}: {done.stderr}"
    for (memory, address, content), line in zip(expected, done.stdout.split(), strict=True):
        found = bytes.fromhex(line)
        for i, byte in enumerate(content):
            if found[i] != byte:
                return memory, address + i, found[i], byte
    return None
