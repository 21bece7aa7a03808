// Reads are kept before a command executes, writes after it.
#include "core/vectors/Record.h"

#include "core/support/Error.h"

#include <fmt/format.h>

namespace tenon::vectors {

Recorder::Recorder(spec::Machine &on, llvm::ArrayRef<unsigned> wanted) : machine(on) {
  for (unsigned layer : wanted)
    layers[layer];
}

std::vector<Recorder::Place> Recorder::placesOf(const Layer &layer,
                                                llvm::ArrayRef<spec::Touched> touched) const {
  std::vector<Place> places;
  for (const spec::Touched &one : touched) {
    const isa::Memory &memory = machine.description().memories[one.memory];
    int64_t now = machine.copyStart(one.memory, one.isWrite), alone = 0;
    if (memory.kind == isa::Memory::Kind::Rotating) {
      auto advanced = layer.advanced.find(one.memory);
      int64_t copy = (advanced == layer.advanced.end() ? 0 : advanced->second) + (one.isWrite ? 1 : 0);
      alone = copy % memory.copies * int64_t(memory.bytes);
    }
    for (const spec::ByteRange &range : one.ranges)
      places.push_back({one.memory, uint64_t(now + range.first), uint64_t(alone + range.first),
                        uint64_t(range.end - range.first), one.isWrite});
  }
  return places;
}

void Recorder::keepReads(Layer &layer, llvm::ArrayRef<Place> places) const {
  std::vector<uint8_t> bytes, known;
  for (const Place &place : places) {
    if (place.isWrite)
      continue;
    ByteMap &before = layer.state.before[place.memory];
    const ByteMap &written = layer.written[place.memory];
    bytes.resize(place.bytes);
    known.resize(place.bytes);
    llvm::cantFail(machine.peek(place.memory, place.now, bytes, known)); // the command was checked
    for (uint64_t i = 0; i < place.bytes; ++i)
      if (known[i] && !written.has(place.alone + i) && !before.has(place.alone + i))
        before.set(place.alone + i, bytes[i]);
  }
}

void Recorder::keepWrites(Layer &layer, llvm::ArrayRef<Place> places) const {
  std::vector<uint8_t> bytes, known;
  for (const Place &place : places) {
    if (!place.isWrite)
      continue;
    ByteMap &after = layer.state.after[place.memory], &written = layer.written[place.memory];
    bytes.resize(place.bytes);
    known.resize(place.bytes);
    llvm::cantFail(machine.peek(place.memory, place.now, bytes, known));
    for (uint64_t i = 0; i < place.bytes; ++i) {
      written.set(place.alone + i, 1);
      if (known[i])
        after.set(place.alone + i, bytes[i]);
      else
        after.erase(place.alone + i);
    }
  }
}

llvm::Error Recorder::execute(const isa::Instruction &instruction) {
  auto found = layers.find(instruction.origin);
  if (found == layers.end() || instruction.kind != isa::Instruction::Kind::Intrinsic)
    return machine.execute(instruction);
  Layer &layer = found->second;
  for (unsigned memory : machine.description().intrinsics[instruction.intrinsic].advances)
    ++layer.advanced[memory];
  std::vector<Place> places;
  llvm::Error error = machine.execute(instruction, [&](llvm::ArrayRef<spec::Touched> touched) {
    places = placesOf(layer, touched);
    keepReads(layer, places);
  });
  if (error)
    return error;
  keepWrites(layer, places);
  return llvm::Error::success();
}

llvm::Error replay(const isa::Description &description, llvm::ArrayRef<uint8_t> commands,
                   const LayerState &state) {
  auto machine = spec::Machine::create(description);
  if (!machine)
    return machine.takeError();
  auto alone = [](std::string why) {
    return failure(ExitCode::TargetCannot, "the layer's commands cannot be run alone: " + why);
  };
  for (const auto &[memory, contents] : state.before)
    for (const Region &region : contents.regions())
      if (llvm::Error error = (*machine)->poke(memory, region.address, region.bytes))
        return error;
  if (llvm::Error error = (*machine)->run(commands))
    return alone(toString(report(std::move(error)).diagnostics.front()));
  for (const auto &[memory, contents] : state.after)
    for (const Region &region : contents.regions()) {
      std::vector<uint8_t> bytes(region.bytes.size());
      if (llvm::Error error = (*machine)->peek(memory, region.address, bytes, {}))
        return error;
      for (auto [i, byte] : llvm::enumerate(bytes))
        if (byte != region.bytes[i])
          return alone(fmt::format("byte {} of {} is {} after them and {} in the whole model",
                                   region.address + i, description.memories[memory].name, byte,
                                   region.bytes[i]));
    }
  return llvm::Error::success();
}

} // namespace tenon::vectors
