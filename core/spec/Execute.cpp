// Execution of a prepared command: operands are gathered into dense buffers, the meaning is interpreted on
// these, and what it wrote is scattered.
#include "core/spec/Executor.h"

#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace tenon::spec {
namespace {

/// "a[3, 5]"; of a flat operand no index is known.
std::string elementText(const isa::OperandDeclaration &operand, llvm::ArrayRef<int64_t> extents,
                        int64_t element) {
  llvm::SmallVector<int64_t, 4> index(extents.size());
  for (size_t axis = extents.size(); axis-- > 0;) {
    index[axis] = element % extents[axis];
    element /= extents[axis];
  }
  return operand.name + (extents.empty() ? "" : shapeText(index));
}

/// How many bytes are gone over at once where a pattern is written.
constexpr int64_t chunkBytes = 4096;

} // namespace

Found Executor::noBudget(unsigned memory) const {
  Finding finding;
  finding.kind = Finding::Kind::Limit;
  finding.memory = memory;
  finding.message = "a write to " + description.memories[memory].name + " needs more than the " +
                    std::to_string(memoryBytes) + " bytes of all memories together";
  finding.repair = "allow more bytes of memory";
  return finding;
}

/// Reads what the meaning needs; every byte of it must be defined, and copies must be equal.
Found Executor::gather(const PreparedCommand &command, const PreparedCommand::Transfer &transfer) {
  const isa::Memory &memory = description.memories[transfer.memory];
  const isa::OperandDeclaration &operand =
      description.intrinsics[command.instruction->intrinsic].operands[transfer.operand];
  MemoryImage &image = images[transfer.memory];
  Meaning::Buffer &buffer = command.meaning->buffers[transfer.buffer];
  int64_t start = copyStart(transfer.memory, /*next=*/false);
  auto elementOf = [&](const Run &run, uint64_t address) {
    int64_t offset = run.offset + int64_t(address) - (run.address + start);
    return elementText(operand, command.meaning->extents[transfer.operand],
                       offset / int64_t(operand.type.scalar.storageBytes()));
  };
  auto undefined = [&](const Run &run, uint64_t address) {
    Finding finding;
    finding.kind = Finding::Kind::UndefinedRead;
    finding.memory = transfer.memory;
    finding.byteAddress = address;
    finding.message = "operand " + (transfer.isFlat ? operand.name : elementOf(run, address)) + " reads " +
                      placeText(memory, address) + ", which nobody has written";
    finding.repair = "let a command write it before, or let the sizes end before it";
    return finding;
  };
  for (const Run &run : transfer.reads) {
    auto address = uint64_t(run.address + start);
    if (std::optional<uint64_t> missing = image.firstUndefined(address, uint64_t(run.bytes)))
      return undefined(run, *missing);
    image.read(address, {buffer.bytes.data() + run.offset, size_t(run.bytes)});
  }
  std::vector<uint8_t> copy;
  for (const Run &run : transfer.copies) {
    auto address = uint64_t(run.address + start);
    if (std::optional<uint64_t> missing = image.firstUndefined(address, uint64_t(run.bytes)))
      return undefined(run, *missing);
    copy.resize(size_t(run.bytes));
    image.read(address, copy);
    if (std::memcmp(copy.data(), buffer.bytes.data() + run.offset, copy.size()) == 0)
      continue;
    Finding finding;
    finding.kind = Finding::Kind::NoResult;
    finding.memory = transfer.memory;
    finding.byteAddress = address;
    finding.message = "operand " + elementOf(run, address) + " is in several places, and " +
                      placeText(memory, address) + " differs from the first of them";
    finding.repair = "write the same to all places that hold one element";
    return finding;
  }
  return std::nullopt;
}

Found Executor::scatter(const PreparedCommand &command, const PreparedCommand::Transfer &transfer) {
  MemoryImage &image = images[transfer.memory];
  const Meaning::Buffer &buffer = command.meaning->buffers[transfer.buffer];
  int64_t start = copyStart(transfer.memory, /*next=*/true);
  for (const Run &run : transfer.writes)
    if (!image.write(uint64_t(run.address + start), {buffer.bytes.data() + run.offset, size_t(run.bytes)}))
      return noBudget(transfer.memory);
  return std::nullopt;
}

/// Elements as far as whole ones fit; what is left behind the last one is undefined.
Found Executor::fillRests(const PreparedCommand &command, const PreparedCommand::Rest &rest) {
  MemoryImage &image = images[rest.memory];
  int64_t start = copyStart(rest.memory, /*next=*/true);
  std::vector<uint8_t> pattern;
  int64_t elementBytes = 1;
  if (!rest.isUndefined) {
    const std::vector<uint8_t> &element = command.meaning->outside[rest.operand];
    elementBytes = int64_t(element.size());
    for (int64_t i = 0; i < chunkBytes / elementBytes; ++i)
      llvm::append_range(pattern, element);
  }
  for (const ByteRange &range : rest.ranges) {
    int64_t first = range.first + start, end = range.end + start;
    while (!rest.isUndefined && end - first >= elementBytes) {
      int64_t bytes = std::min(int64_t(pattern.size()), (end - first) / elementBytes * elementBytes);
      if (!image.write(uint64_t(first), {pattern.data(), size_t(bytes)}))
        return noBudget(rest.memory);
      first += bytes;
    }
    image.poison(uint64_t(first), uint64_t(end - first));
  }
  return std::nullopt;
}

Found Executor::execute(const PreparedCommand &command) {
  for (const PreparedCommand::Transfer &transfer : command.transfers)
    if (Found wrong = gather(command, transfer))
      return wrong;
  if (command.meaning)
    if (llvm::Error error = command.meaning->run())
      return asFinding(Finding::Kind::NoResult, std::move(error));
  for (const PreparedCommand::Rest &rest : command.rests)
    if (Found wrong = fillRests(command, rest))
      return wrong;
  for (const PreparedCommand::Transfer &transfer : command.transfers)
    if (Found wrong = scatter(command, transfer))
      return wrong;
  return std::nullopt;
}

} // namespace tenon::spec
