// The scratchpad's banks, as npu_spad lays rows out: the highest two bits of a row's number choose a group of
// four banks, the lowest two the bank in it, those between the row there.
#include "sim/systemc/LocalMemories.h"

#include <algorithm>
#include <cstring>

namespace tenon::sim {
namespace {

constexpr unsigned bankCount = 16, banksInGroup = 4;

} // namespace

LocalMemories::LocalMemories(const NpuModel &model, unsigned dimension) : rowBytes(dimension) {
  for (unsigned bank = 0; bank < bankCount; ++bank) {
    std::string scope = "npu_top.u_spad.gen_banks[" + std::to_string(bank) + "]";
    banks.push_back(model.array(scope, "mem"));
    if (banks.back().entryBytes != rowBytes)
      lack = "no array mem of rows of " + std::to_string(rowBytes) + " bytes in " + scope;
  }
  sums = model.array("npu_top.u_execute.u_datapath.u_accumulate", "memory_q");
  if (sums.entryBytes != 4 * rowBytes)
    lack = "no array memory_q of rows of " + std::to_string(4 * rowBytes) +
           " bytes in npu_top.u_execute.u_datapath.u_accumulate";
}

LocalMemories::Place LocalMemories::find(const std::string &memory, uint64_t address) const {
  if (memory == "spad") {
    uint64_t row = address / rowBytes, rows = uint64_t(banks[0].entries) * bankCount;
    if (row >= rows)
      return {};
    uint64_t bank = row / (rows / banksInGroup) * banksInGroup + row % banksInGroup;
    uint64_t entry = row / banksInGroup % banks[0].entries;
    return {banks[bank].data + entry * rowBytes + address % rowBytes, rowBytes - address % rowBytes};
  }
  // Its second half is not the description's: commands keep their own sums there.
  if (memory == "acc" && address / sums.entryBytes < sums.entries / 2)
    return {sums.data + address, sums.entryBytes - address % sums.entryBytes};
  return {};
}

bool LocalMemories::read(const std::string &memory, uint64_t address, uint8_t *data, uint64_t bytes) const {
  while (bytes > 0) {
    Place place = find(memory, address);
    if (!place.data)
      return false;
    uint64_t part = std::min(bytes, place.left);
    std::memcpy(data, place.data, part);
    address += part;
    data += part;
    bytes -= part;
  }
  return true;
}

bool LocalMemories::write(const std::string &memory, uint64_t address, const uint8_t *data, uint64_t bytes) {
  while (bytes > 0) {
    Place place = find(memory, address);
    if (!place.data)
      return false;
    uint64_t part = std::min(bytes, place.left);
    std::memcpy(place.data, data, part);
    address += part;
    data += part;
    bytes -= part;
  }
  return true;
}

} // namespace tenon::sim
