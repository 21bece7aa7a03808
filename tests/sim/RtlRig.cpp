// Streams of the rig lie where the device puts them.
#include "tests/sim/RtlRig.h"

#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Encode.h"
#include "core/support/Error.h"
#include "sim/systemc/Random.h"

#include <fstream>
#include <sstream>

namespace tenon::sim::test {
namespace {

std::string fileText(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

TenonDevice &RtlRig::device() {
  static TenonDevice *opened = [] {
    static std::string text = fileText(NPU_DESCRIPTION);
    static const TenonDeviceSetting settings[] = {
        {"watchdog", "5000"}, {"latency", "20"}, {"assertions", RTL_WATCHED ? "1" : "0"}};
    TenonDeviceOpenOptions options = {};
    options.size = sizeof(options);
    options.version = TENON_DEVICE_VERSION;
    options.description = text.c_str();
    options.descriptionBytes = text.size();
    options.descriptionPath = NPU_DESCRIPTION;
    options.options = settings;
    options.optionCount = 3;
    auto made = openDevice(options);
    if (!made)
      ADD_FAILURE() << llvm::toString(made.takeError());
    return made ? made->release() : nullptr;
  }();
  if (!opened)
    std::abort(); // nothing here can go on
  return *opened;
}

RtlRig::RtlRig(const std::string &bundleFolder, uint64_t seed) {
  auto read = runtime::readBundle(bundleFolder);
  if (!read) {
    ADD_FAILURE() << llvm::toString(read.takeError());
    return;
  }
  bundle = std::move(*read);
  const runtime::DeviceStep &step = *bundle.steps.front().device;
  commands.assign(bundle.commands.begin() + ptrdiff_t(step.offset),
                  bundle.commands.begin() + ptrdiff_t(step.offset + step.bytes));
  start.resize(bundle.memoryBytes);
  for (const runtime::Segment &segment : bundle.constants)
    if (!segment.location.hostBuffer)
      std::copy(segment.content.begin(), segment.content.end(),
                start.begin() + ptrdiff_t(segment.location.address));
  Random random(seed);
  for (const runtime::BundleTensor &input : bundle.inputs)
    for (uint64_t i = 0; i < input.location.bytes && !input.location.hostBuffer; ++i)
      start[input.location.address + i] = uint8_t(random.next());
}

void RtlRig::place() const { bench().memory().write(0, start.data(), start.size()); }

Bytes RtlRig::found() const {
  Bytes bytes(start.size());
  bench().memory().read(0, bytes.data(), bytes.size());
  return bytes;
}

RtlRig::Expected RtlRig::expected(llvm::ArrayRef<uint8_t> stream) const {
  Expected result;
  auto machine = spec::Machine::create(description());
  if (!machine) {
    ADD_FAILURE() << llvm::toString(machine.takeError());
    return result;
  }
  EXPECT_FALSE(bool((*machine)->write(0, 0, start)));
  if (llvm::Error error = (*machine)->run(stream)) {
    result.text = llvm::toString(std::move(error));
    result.finding =
        (*machine)->finding() ? (*machine)->finding()->kind : spec::Finding::Kind::IllegalCommand;
    return result;
  }
  result.data.resize(start.size());
  result.known.resize(start.size());
  EXPECT_FALSE(bool((*machine)->peek(0, 0, result.data, result.known)));
  return result;
}

std::string RtlRig::run(llvm::ArrayRef<uint8_t> stream) const {
  place();
  llvm::Error error = runStream(device(), stream);
  return error ? llvm::toString(std::move(error)) : "";
}

void RtlRig::compare(const Expected &expected) const {
  Bytes bytes = found();
  for (size_t i = 0; i < bytes.size(); ++i)
    if (expected.known[i]) {
      ASSERT_EQ(bytes[i], expected.data[i]) << "byte " << i;
    }
}

Bytes assembled(const std::string &text) {
  const isa::Description &description = RtlRig::description();
  auto instructions = isa::assemble(description, text, "test");
  if (!instructions) {
    ADD_FAILURE() << llvm::toString(instructions.takeError());
    return {};
  }
  auto encoded = isa::encodeAll(description, *instructions);
  if (!encoded) {
    ADD_FAILURE() << llvm::toString(encoded.takeError());
    return {};
  }
  return Bytes(encoded->begin(), encoded->end());
}

} // namespace tenon::sim::test
