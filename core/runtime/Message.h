// What travels between the runtime and tenon-device-worker: a header of fixed size and a payload of numbers
// and bytes. Both ends are of one build; the first message says so. A message has a bounded size; larger data
// goes in parts.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::runtime {

enum class MessageKind : uint32_t {
  // Requests; the answer is Done (with the payload named) or Refused.
  Hello,       ///< version
  Open,        ///< engine, plugin, description, path, parameters, options
  Allocate,    ///< bytes, alignment, fixed, address -> address
  Free,        ///< address
  CopyIn,      ///< address, bytes
  CopyOut,     ///< address, count -> bytes
  Commands,    ///< bytes that the next Submit has
  Submit,      ///< the rest of the bytes
  Wait,        ///< nothing
  Counters,    ///< -> count, (name, value) ...
  ReadMemory,  ///< memory, address, count -> bytes, a mark for each of them
  WriteMemory, ///< memory, address, bytes
  Close,       ///< nothing
  HostLoad,    ///< path of a library, names of functions
  HostBuffer,  ///< count -> number of a new buffer
  HostWrite,   ///< buffer, offset, bytes
  HostRead,    ///< buffer, offset, count -> bytes
  HostCall,    ///< number of the function, numbers of buffers -> its status
  // Answers.
  Done,
  Refused, ///< exit code, message
};

/// For messages of failures: "copy in".
llvm::StringRef requestName(MessageKind kind);

inline constexpr uint32_t protocolVersion = 2;
inline constexpr uint32_t messageMagic = 0x4e4f4e54; ///< "TNON"
inline constexpr uint64_t mostPayloadBytes = uint64_t(16) << 20;
/// Data of one message; leaves room for the numbers beside it.
inline constexpr uint64_t mostPartBytes = uint64_t(4) << 20;

struct MessageHeader {
  uint32_t magic = messageMagic;
  uint32_t kind = 0;
  uint64_t bytes = 0; ///< of the payload
};

/// Numbers are 64 bits in the host's order; bytes and texts have their count before them.
struct Message {
  MessageKind kind = MessageKind::Done;
  std::vector<uint8_t> payload;

  explicit Message(MessageKind kind = MessageKind::Done) : kind(kind) {}
  Message &number(uint64_t value);
  Message &bytes(llvm::ArrayRef<uint8_t> data);
  Message &text(llvm::StringRef data);
};

/// Takes a payload apart in the order in which it was put together. A payload that is cut or has something
/// left over is an error of finish(); until then missing parts are 0 and empty.
class MessageReader {
public:
  explicit MessageReader(const Message &message) : message(message) {}
  uint64_t number();
  llvm::ArrayRef<uint8_t> bytes();
  std::string text();
  llvm::Error finish() const;

private:
  const Message &message;
  size_t position = 0;
  bool cut = false;
};

} // namespace tenon::runtime
