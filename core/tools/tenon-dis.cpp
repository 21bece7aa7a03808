// The disassembler of every target that has command words: bytes to a listing that tenon-as reads, each
// instruction with its offset and bytes as a comment.
#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Decode.h"
#include "core/support/FileInput.h"
#include "core/tools/CommandLineTool.h"

#include "llvm/ADT/StringExtras.h"

namespace {

using namespace tenon;

struct Options {
  std::string description, stream, output = "-";
};

constexpr uint64_t mostStreamBytes = uint64_t(1) << 30;

/// "  # 0x10: 02 00 00 40"
std::string comment(uint64_t offset, llvm::ArrayRef<uint8_t> bytes) {
  std::string text = "  # 0x" + llvm::utohexstr(offset, true) + ":";
  for (uint8_t byte : bytes)
    text += " " + llvm::toHex(byte, true);
  return text + "\n";
}

/// Appends the commands up to the end, or to the first that is wrong.
llvm::Error list(const isa::CommandSet &commands, llvm::ArrayRef<uint8_t> stream, std::string &text) {
  isa::RegisterState registers(commands.description());
  for (uint64_t offset = 0; offset < stream.size();) {
    auto decoded = isa::decode(commands, stream, offset, registers);
    if (!decoded)
      return decoded.takeError();
    text += isa::print(commands.description(), decoded->instruction) +
            comment(offset, stream.slice(offset, decoded->bytes));
    registers.apply(decoded->instruction);
    offset += decoded->bytes;
  }
  return llvm::Error::success();
}

llvm::Error run(const Options &options) {
  auto description = isa::loadDescription(options.description);
  if (!description)
    return description.takeError();
  auto commands = isa::CommandSet::create(*description);
  if (!commands)
    return commands.takeError();
  auto file = readFile(options.stream, mostStreamBytes);
  if (!file)
    return file.takeError();
  std::string text;
  llvm::Error wrong =
      withPlace(list(*commands, llvm::arrayRefFromStringRef((*file)->getBuffer()), text), options.stream);
  // People see what stands before a wrong command; a file is written whole or not at all.
  if (wrong && options.output != "-")
    return wrong;
  return llvm::joinErrors(tools::writeOutput(options.output, text), std::move(wrong));
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Lists the commands of a binary stream, by a target's description.", "tenon-dis");
  Options options;
  app.add_option("DESCRIPTION", options.description, "the target's .yaml file")->required();
  app.add_option("STREAM", options.stream, "the commands' bytes")->required();
  app.add_option("-o,--output", options.output, "where the listing goes")
      ->type_name("FILE")
      ->capture_default_str();
  return tools::runTool(app, argc, argv, [&] { return run(options); });
}
