// Texts of findings.
#include "core/spec/Finding.h"

namespace tenon::spec {

Finding asFinding(Finding::Kind kind, llvm::Error error) {
  FailureReport why = report(std::move(error));
  Finding result;
  result.kind = kind;
  if (why.code == ExitCode::OwnFault)
    result.code = why.code;
  if (why.code == ExitCode::SystemFailed)
    result.kind = Finding::Kind::Limit;
  if (why.diagnostics.empty())
    return result;
  Diagnostic &first = why.diagnostics.front();
  result.repair = std::move(first.repair);
  first.repair.clear();
  result.message = toString(first);
  return result;
}

std::string placeText(const isa::Memory &memory, uint64_t byteAddress) {
  std::string text;
  if (memory.kind == isa::Memory::Kind::Rotating && memory.bytes > 0) {
    text = " in copy " + std::to_string(byteAddress / memory.bytes);
    byteAddress %= memory.bytes;
  }
  if (memory.rowBytes > 0 && memory.unit == isa::Memory::Unit::Row)
    return "row " + std::to_string(byteAddress / memory.rowBytes) + ", byte " +
           std::to_string(byteAddress % memory.rowBytes) + " of " + memory.name + text;
  return "byte " + std::to_string(byteAddress) + " of " + memory.name + text;
}

} // namespace tenon::spec
