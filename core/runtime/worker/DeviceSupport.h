// What every device of our own does the same way at the interface: errors become a status and a text,
// structures of another version are refused, ranges of global memory are handed out.
#pragma once

#include "core/runtime/tenon_device.h"
#include "core/runtime/worker/RangeAllocator.h"

#include "llvm/Support/Error.h"

#include <string>

namespace tenon::runtime {

/// Keeps an error's text and gives its status.
int32_t keep(std::string &text, llvm::Error error);
int32_t refuse(std::string &text, int32_t status, std::string message);

/// Whether a structure is of our version; says both if not.
bool isOurVersion(uint32_t version, uint32_t size, uint64_t ourSize, std::string &text);
template <class Structure> bool isOurs(const Structure *structure, std::string &text) {
  return isOurVersion(structure->version, structure->size, sizeof(Structure), text);
}

int32_t allocateRange(RangeAllocator &ranges, TenonDeviceAllocation *allocation, std::string &text);
int32_t freeRange(RangeAllocator &ranges, uint64_t address, std::string &text);
bool isAllocated(const RangeAllocator &ranges, uint64_t address, uint64_t bytes, std::string &text);

} // namespace tenon::runtime
