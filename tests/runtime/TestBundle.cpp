// A small bundle that tests cut, alter and run.
#include "tests/runtime/TestBundle.h"

namespace tenon::test {

using namespace runtime;

namespace {

void append(std::vector<uint8_t> &commands, std::vector<uint64_t> words) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(words.data());
  commands.insert(commands.end(), bytes, bytes + 8 * words.size());
}

} // namespace

Bundle testBundle() {
  Bundle bundle;
  bundle.productVersion = "0.1.0";
  bundle.target = "test";
  bundle.description = "tenon: 1\ntarget: test\n";
  bundle.descriptionHash = sha256(llvm::StringRef(bundle.description));
  bundle.parameters = {{"DIM", 8}, {"SIGN", -1}};
  bundle.memory = "dram";
  bundle.memoryBytes = 128;
  bundle.hostBuffers = {4};
  auto at = [](uint64_t address) { return Location{std::nullopt, address, 4}; };
  bundle.inputs = {{"x", "i8", {2, 2}, at(0)}};
  bundle.outputs = {{"y", "i8", {4}, at(48)}};
  bundle.tensors = {{{"middle \"1\"", "i8", {4}, at(16)}, 1},
                    {{"doubled", "i8", {4}, at(32)}, 2},
                    {{"given", "i8", {4}, at(0)}, 0}};
  bundle.layers = {{"add #0"}, {"double #1 (caf\xc3\xa9)"}};
  append(bundle.commands, {1, 0, 16, 4});
  append(bundle.commands, {1, 32, 48, 4});
  bundle.steps.resize(3);
  bundle.steps[0].device = DeviceStep{0, 32, {{0, 16, 0}, {16, 16, 1}}};
  bundle.steps[1].host = HostStep{"doubleIt",
                                  1,
                                  {{at(16), true, false},
                                   {Location{0, 0, 4}, true, false},
                                   {at(64), true, false},
                                   {at(32), false, true}}};
  bundle.steps[2].device = DeviceStep{32, 32, {}};
  bundle.constants = {{at(64), {10, 20, 30, 40}}, {Location{0, 0, 4}, {2, 2, 2, 2}}};
  bundle.hostSource = "#include <stdint.h>\n"
                      "int32_t doubleIt(void *const *b) {\n"
                      "  const int8_t *x = b[0], *f = b[1], *c = b[2];\n"
                      "  int8_t *y = b[3];\n"
                      "  for (int i = 0; i < 4; ++i) {\n"
                      "    if (x[i] == 99)\n"
                      "      return 1;\n"
                      "    y[i] = (int8_t)(f[i] * x[i] + c[i]);\n"
                      "  }\n"
                      "  return 0;\n"
                      "}\n";
  return bundle;
}

} // namespace tenon::test
