// Builds nests, buffers and uses from a description's semantics, and keeps them.
#include "core/spec/Meaning.h"

#include "core/isa/FilePlace.h"
#include "core/isa/Semantics.h"
#include "core/spec/FlatNest.h"
#include "core/spec/OutsideValue.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::spec {
namespace {

/// Names that are known where no instruction is: values, sizes, parameters.
std::optional<int64_t> boundName(const isa::Description &description, const isa::Instruction &instruction,
                                 llvm::StringRef name) {
  return isa::attribute(description, instruction, name);
}

std::vector<int64_t> keyOf(const isa::Instruction &instruction, const FlatLayout *flat) {
  std::vector<int64_t> key{int64_t(instruction.intrinsic)};
  key.insert(key.end(), instruction.sizes.begin(), instruction.sizes.end());
  key.insert(key.end(), instruction.values.begin(), instruction.values.end());
  if (!flat)
    return key;
  for (const std::optional<FlatPart> &part : flat->parts) {
    key.push_back(part ? int64_t(part->group) : -1);
    if (!part)
      continue;
    key.push_back(part->start);
    key.insert(key.end(), part->strides.begin(), part->strides.end());
  }
  key.insert(key.end(), flat->groupElements.begin(), flat->groupElements.end());
  return key;
}

/// Bytes of an operand of the nest; nothing where they do not fit 64 bits.
std::optional<uint64_t> bytesOf(const nest::Operand &operand) {
  uint64_t bytes = operand.type.storageBytes();
  for (int64_t extent : operand.shape)
    if (extent < 0 || llvm::MulOverflow(int64_t(bytes), extent, reinterpret_cast<int64_t &>(bytes)))
      return std::nullopt;
  return bytes;
}

} // namespace

llvm::Expected<std::shared_ptr<Meaning>> Meanings::get(const isa::Instruction &instruction,
                                                       const FlatLayout *flat) {
  std::vector<int64_t> key = keyOf(instruction, flat);
  auto found = kept.find(key);
  if (found != kept.end())
    return found->second;
  llvm::Expected<std::shared_ptr<Meaning>> made = make(instruction, flat);
  if (!made)
    return made.takeError();
  if (keptBytes + (*made)->totalBytes > limits.preparedBytes) {
    kept.clear();
    keptBytes = 0;
  }
  keptBytes += (*made)->totalBytes;
  kept.emplace(std::move(key), *made);
  return made;
}

/// The rest of a row that a written operand does not reach.
llvm::Error Meanings::addOutside(const isa::Instruction &instruction, Meaning &meaning) const {
  for (const isa::OperandDeclaration &operand : description.intrinsics[instruction.intrinsic].operands) {
    meaning.outside.emplace_back();
    if (operand.outside.kind != isa::Outside::Kind::Value ||
        operand.access == isa::OperandDeclaration::Access::Read)
      continue;
    llvm::Expected<std::vector<uint8_t>> bytes = outsideBytes(
        operand, [&](llvm::StringRef name) { return boundName(description, instruction, name); });
    if (!bytes)
      return withFile(bytes.takeError(), description, "operand " + operand.name);
    meaning.outside.back() = std::move(*bytes);
  }
  return llvm::Error::success();
}

llvm::Error Meanings::checkPoints(const isa::Intrinsic &intrinsic, const nest::Nest &nest) const {
  for (const nest::Statement &statement : nest.statements) {
    __int128 points = 1;
    for (unsigned loop : statement.loops) {
      points *= nest.loops[loop].extent;
      if (points > __int128(limits.points))
        return failure(ExitCode::SystemFailed, intrinsic.name + " has more than " +
                                                   std::to_string(limits.points) +
                                                   " points; allow more points for one command");
    }
  }
  return llvm::Error::success();
}

llvm::Error Meanings::addBuffers(const isa::Intrinsic &intrinsic, Meaning &meaning) const {
  for (const nest::Operand &operand : meaning.nest.operands) {
    std::optional<uint64_t> bytes = bytesOf(operand);
    if (!bytes || *bytes > limits.operandBytes - meaning.totalBytes)
      return failure(ExitCode::SystemFailed, intrinsic.name + ": the operands need more than " +
                                                 std::to_string(limits.operandBytes) +
                                                 " bytes; allow more bytes for one command");
    meaning.totalBytes += *bytes;
    if (!operand.local)
      meaning.buffers.push_back({operand.type, std::vector<uint8_t>(*bytes), {}});
  }
  llvm::Expected<std::vector<ElementUse>> uses = elementUse(meaning.nest);
  if (!uses)
    return uses.takeError();
  llvm::SmallVector<reference::BufferView> views;
  for (auto [operand, use] : llvm::zip_equal(meaning.nest.operands, *uses)) {
    if (operand.local)
      continue;
    Meaning::Buffer &buffer = meaning.buffers[views.size()];
    buffer.use = std::move(use);
    views.push_back({operand.type, operand.shape, buffer.bytes.data(), buffer.bytes.size()});
  }
  auto prepared = reference::PreparedNest::create(meaning.nest, views);
  if (!prepared)
    return prepared.takeError();
  meaning.prepared = std::move(*prepared);
  return llvm::Error::success();
}

llvm::Expected<std::shared_ptr<Meaning>> Meanings::make(const isa::Instruction &instruction,
                                                        const FlatLayout *flat) {
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  auto meaning = std::make_shared<Meaning>();
  for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand) {
    auto extents = isa::extents(description, intrinsic, operand, instruction.sizes, instruction.values);
    if (!extents)
      return extents.takeError();
    meaning->extents.push_back(std::move(*extents));
    meaning->bufferOf.push_back(operand);
  }
  if (intrinsic.semantics.statements.empty()) {
    meaning->bufferOf.clear();
    return meaning;
  }
  llvm::Expected<nest::Nest> nest =
      isa::nestOf(description, intrinsic, instruction.sizes, instruction.values, context);
  if (!nest)
    return nest.takeError();
  meaning->nest = std::move(*nest);
  if (llvm::Error error = checkPoints(intrinsic, meaning->nest))
    return std::move(error);
  if (flat) {
    llvm::Expected<llvm::SmallVector<unsigned>> buffers = flatten(meaning->nest, *flat);
    if (!buffers)
      return buffers.takeError();
    meaning->bufferOf = std::move(*buffers);
  }
  if (llvm::Error error = addOutside(instruction, *meaning))
    return std::move(error);
  if (llvm::Error error = addBuffers(intrinsic, *meaning))
    return std::move(error);
  return meaning;
}

} // namespace tenon::spec
