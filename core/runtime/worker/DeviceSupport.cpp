// Texts say both sides, as the interface wants them.
#include "core/runtime/worker/DeviceSupport.h"

#include "core/support/Error.h"

namespace tenon::runtime {
namespace {

int32_t statusOf(ExitCode code) {
  switch (code) {
  case ExitCode::WrongUse:
    return TENON_DEVICE_WRONG_USE;
  case ExitCode::WrongInput:
    return TENON_DEVICE_WRONG_INPUT;
  case ExitCode::TargetCannot:
    return TENON_DEVICE_UNSUPPORTED;
  default:
    return TENON_DEVICE_FAILED;
  }
}

} // namespace

int32_t keep(std::string &text, llvm::Error error) {
  text.clear();
  if (!error)
    return TENON_DEVICE_DONE;
  FailureReport failed = report(std::move(error));
  for (const Diagnostic &diagnostic : failed.diagnostics)
    text += (text.empty() ? "" : "\n") + toString(diagnostic);
  return statusOf(failed.code);
}

int32_t refuse(std::string &text, int32_t status, std::string message) {
  text = std::move(message);
  return status;
}

bool isOurVersion(uint32_t version, uint32_t size, uint64_t ourSize, std::string &text) {
  if (version == TENON_DEVICE_VERSION && size >= ourSize)
    return true;
  text = "the structure has version " + std::to_string(version) + " and " + std::to_string(size) +
         " bytes, this engine has version " + std::to_string(TENON_DEVICE_VERSION) + " and " +
         std::to_string(ourSize) + " bytes";
  return false;
}

int32_t allocateRange(RangeAllocator &ranges, TenonDeviceAllocation *allocation, std::string &text) {
  if (!isOurs(allocation, text))
    return TENON_DEVICE_WRONG_USE;
  if (allocation->bytes == 0 || allocation->alignment == 0)
    return refuse(text, TENON_DEVICE_WRONG_USE, "an allocation has at least 1 byte and alignment 1");
  std::string size = std::to_string(allocation->bytes) + " bytes";
  if (allocation->fixed) {
    if (allocation->address % allocation->alignment != 0)
      return refuse(text, TENON_DEVICE_WRONG_USE,
                    "address " + std::to_string(allocation->address) + " is no multiple of " +
                        std::to_string(allocation->alignment));
    if (ranges.reserve(allocation->address, allocation->bytes))
      return TENON_DEVICE_DONE;
    return refuse(text, TENON_DEVICE_OUT_OF_MEMORY,
                  size + " at address " + std::to_string(allocation->address) +
                      " are not free, or past the memory's end");
  }
  if (std::optional<uint64_t> found = ranges.allocate(allocation->bytes, allocation->alignment)) {
    allocation->address = *found;
    return TENON_DEVICE_DONE;
  }
  return refuse(text, TENON_DEVICE_OUT_OF_MEMORY, "the memory has no gap of " + size);
}

int32_t freeRange(RangeAllocator &ranges, uint64_t address, std::string &text) {
  if (ranges.free(address))
    return TENON_DEVICE_DONE;
  return refuse(text, TENON_DEVICE_WRONG_USE,
                "no allocated range starts at address " + std::to_string(address));
}

bool isAllocated(const RangeAllocator &ranges, uint64_t address, uint64_t bytes, std::string &text) {
  if (ranges.contains(address, bytes))
    return true;
  text = std::to_string(bytes) + " bytes at address " + std::to_string(address) +
         " do not lie in one allocated range";
  return false;
}

} // namespace tenon::runtime
