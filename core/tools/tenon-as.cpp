// The assembler of every target that has command words: a listing to the bytes of its commands.
#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Encode.h"
#include "core/support/FileInput.h"
#include "core/tools/CommandLineTool.h"

namespace {

using namespace tenon;

struct Options {
  std::string description, listing, output = "a.bin";
};

constexpr uint64_t mostListingBytes = uint64_t(1) << 28;

llvm::Error run(const Options &options) {
  auto description = isa::loadDescription(options.description);
  if (!description)
    return description.takeError();
  auto text = readFile(options.listing, mostListingBytes);
  if (!text)
    return text.takeError();
  auto instructions = isa::assemble(*description, (*text)->getBuffer(), options.listing);
  if (!instructions)
    return instructions.takeError();
  auto bytes = isa::encodeAll(*description, *instructions);
  if (!bytes)
    return withPlace(bytes.takeError(), options.listing);
  return tools::writeOutput(options.output,
                            llvm::StringRef(reinterpret_cast<const char *>(bytes->data()), bytes->size()));
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Assembles a listing of instructions into the command words of a target's description.",
               "tenon-as");
  Options options;
  app.add_option("DESCRIPTION", options.description, "the target's .yaml file")->required();
  app.add_option("LISTING", options.listing, "instructions, one a line, as tenon-dis prints them")
      ->required();
  app.add_option("-o,--output", options.output, "where the bytes go, - for standard output")
      ->type_name("FILE")
      ->capture_default_str();
  return tools::runTool(app, argc, argv, [&] { return run(options); });
}
