// What the simulator finds wrong with a run.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"

namespace tenon::spec {

/// What stopped a run, beside the error's text.
struct Finding {
  enum class Kind : uint8_t {
    IllegalCommand, ///< bytes that are no command, or one that the description does not allow
    UndefinedRead,
    OutOfBounds,
    Race,
    Deadlock,
    NoResult, ///< the meaning has no result for the data: a division by zero, a table index outside
    Limit,    ///< more than the options allow
  };
  Kind kind = Kind::IllegalCommand;
  uint64_t command = 0; ///< its number in the run, from 0
  std::optional<uint64_t>
      other; ///< Race: the other command, which comes earlier in the stream or ran earlier
  std::optional<unsigned> memory;      ///< number in the description
  std::optional<uint64_t> byteAddress; ///< in that memory; of a rotating one in copies one after the other
  std::string message;
  std::string repair;
  ExitCode code = ExitCode::DeviceFailed;
};

/// Nothing is wrong where there is none.
using Found = std::optional<Finding>;

/// The finding of an error's first diagnostic. A fault of our own stays one, and what the system lacks is a
/// Limit.
Finding asFinding(Finding::Kind kind, llvm::Error error);

/// "row 12, byte 3 of spad"; byte addresses as in Finding.
std::string placeText(const isa::Memory &memory, uint64_t byteAddress);

} // namespace tenon::spec
