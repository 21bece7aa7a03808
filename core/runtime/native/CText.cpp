// The header and the example of a bundle. Names of a model's tensors go into comments and texts of C, so
// whatever could end those is replaced.
#include "core/runtime/Bundle.h"
#include "core/runtime/native/NativeBundle.h"
#include "core/runtime/native/native_format.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon::runtime {
namespace {

/// For a comment or a string literal of C: letters, digits and what cannot end either.
std::string harmless(llvm::StringRef text) {
  std::string made;
  for (char c : text) {
    bool bad = c == '"' || c == '\\' || c == '*' || c == '%' || c == '?' || (c >= 0 && c < 32) || c == 127;
    made += bad ? '_' : c;
  }
  return made;
}

std::string cType(const std::string &type) {
  if (type == "f32")
    return "float";
  if (type == "f64")
    return "double";
  unsigned bits = elementBytes(type).value_or(1) * 8;
  bool isSigned = type[0] == 'i' && type != "i1";
  return fmt::format("{}int{}_t", isSigned ? "" : "u", bits);
}

std::string typeNote(const std::string &type) {
  if (type == "f16" || type == "bf16")
    return fmt::format(", the bits of a {}", type);
  if (type == "i1")
    return ", 0 or 1";
  return cType(type) == "float" || cType(type) == "double" ? "" : fmt::format(", values of {}", type);
}

uint64_t elements(const NativeTensor &tensor) {
  return tensorBytes(tensor) / elementBytes(tensor.type).value_or(1);
}

std::string tensorMacros(const std::string &prefix, const char *what,
                         const std::vector<NativeTensor> &tensors) {
  std::string text = fmt::format("#define {}_{}_COUNT {}\n", prefix, what, tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const NativeTensor &tensor = tensors[i];
    text += fmt::format(
        "/* {} {}: \"{}\", {} {}, {} elements of type {}{}; dense, the last index fastest. */\n"
        "#define {}_{}_{}_BYTES {}\n",
        llvm::StringRef(what).lower(), i, harmless(tensor.name), tensor.type, shapeText(tensor.shape),
        elements(tensor), cType(tensor.type), typeNote(tensor.type), prefix, what, i, tensorBytes(tensor));
  }
  return text + "\n";
}

constexpr const char *headerText = R"(/* {name}: a model compiled by Tenon {version} for {target}. */
/*
 * Link {object} (and libm), or load {library}. Nothing else is needed: no library of Tenon's, no allocation,
 * no files, no state but the arena. The processor must have: {features}.
 *
 * Sizes are bytes. Numbers are in the processor's own byte order.
 */
#ifndef {prefix}_H
#define {prefix}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* The contents of {weights}, which the model only reads; one copy serves any number of runs at once. */
#define {prefix}_WEIGHTS_BYTES {weightsBytes}
/* Memory that a run works in. It needs no particular content, and keeps none that matters. */
#define {prefix}_ARENA_BYTES {arenaBytes}
/* Weights and arena start at multiples of this. */
#define {prefix}_ALIGNMENT {alignment}

{inputs}{outputs}#ifndef TENON_THREADS
#define TENON_THREADS
/*
 * The caller's threads. parallel must call work(arguments, begin, end) for ranges that together are 0 to items,
 * each number once, on threads of its choice, and return when all of them are done.
 */
struct tenon_threads {{
  void *context; /* whatever parallel wants */
  void (*parallel)(void *context, void (*work)(void *arguments, int64_t begin, int64_t end), void *arguments,
                   int64_t items);
}};
#endif

/*
 * Runs the model once. Every pointer stays the caller's.
 *   weights  {prefix}_WEIGHTS_BYTES of {weights}
 *   arena    {prefix}_ARENA_BYTES, of one run at a time
 *   inputs   {prefix}_INPUT_COUNT pointers to dense tensors; read only, no alignment needed
 *   outputs  {prefix}_OUTPUT_COUNT pointers to dense tensors; all of each is written; no alignment needed
 *   threads  NULL: everything runs on the calling thread
 * Returns 0; -1 if weights or arena are not aligned; otherwise why a value of the model could not be computed
 * (1 division by zero, 2 shift not below the width, 3 index outside a table, 4 float outside an integer type,
 * 5 index outside a tensor, 6 out of memory), and then the outputs are not written.
 */
int32_t {name}_run(const void *weights, void *arena, const void *const *inputs, void *const *outputs,
{indent}const struct tenon_threads *threads);

#ifdef __cplusplus
}}
#endif

#endif
)";

constexpr const char *exampleText =
    R"(/* Runs {name} once: a starting point for programs that have the model in them. */
/*
 *   cc example.c {object} -lm -o example
 *   ./example [-o FOLDER] [INPUT...]
 *
 * Reads {weights} from the current folder. INPUT: files of raw numbers, one for each input; without any, inputs
 * are zero. Prints the outputs; -o writes each as FOLDER/output_NUMBER.bin instead.
 */
#include "{name}.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int readFile(const char *path, void *data, size_t bytes) {{
  FILE *file = fopen(path, "rb");
  if (!file) {{
    fprintf(stderr, "error: %s cannot be opened\n", path);
    return 0;
  }}
  size_t found = fread(data, 1, bytes, file);
  int more = found == bytes && fgetc(file) != EOF;
  fclose(file);
  if (found == bytes && !more)
    return 1;
  fprintf(stderr, "error: %s has %s than the %zu bytes that are needed\n", path, more ? "more" : "fewer", bytes);
  return 0;
}}

static int writeFile(const char *folder, int number, const void *data, size_t bytes) {{
  char path[4096];
  snprintf(path, sizeof path, "%s/output_%d.bin", folder, number);
  FILE *file = fopen(path, "wb");
  if (!file) {{
    fprintf(stderr, "error: %s cannot be opened\n", path);
    return 0;
  }}
  int good = fwrite(data, 1, bytes, file) == bytes;
  good &= fclose(file) == 0;
  if (!good)
    fprintf(stderr, "error: %s cannot be written\n", path);
  return good;
}}

/* Memory that starts as {name}_run needs it, zero. */
static void *allocate(size_t bytes) {{
  size_t whole = (bytes + {prefix}_ALIGNMENT) / {prefix}_ALIGNMENT * {prefix}_ALIGNMENT;
  void *memory = aligned_alloc({prefix}_ALIGNMENT, whole);
  if (!memory) {{
    fprintf(stderr, "error: no memory for %zu bytes\n", whole);
    exit(6);
  }}
  return memset(memory, 0, whole);
}}

int main(int count, char **arguments) {{
  const char *folder = NULL;
  if (count > 2 && strcmp(arguments[1], "-o") == 0) {{
    folder = arguments[2];
    count -= 2;
    arguments += 2;
  }}
  if (count != 1 && count != 1 + {prefix}_INPUT_COUNT) {{
    fprintf(stderr, "error: %d files are given, the model has %d inputs\n", count - 1, {prefix}_INPUT_COUNT);
    return 2;
  }}

  void *weights = allocate({prefix}_WEIGHTS_BYTES), *arena = allocate({prefix}_ARENA_BYTES);
  if (!readFile("{weights}", weights, {prefix}_WEIGHTS_BYTES))
    return 3;
  void *inputs[{prefix}_INPUT_COUNT + 1] = {{0}}, *outputs[{prefix}_OUTPUT_COUNT + 1] = {{0}};
{allocate}
  int32_t status = {name}_run(weights, arena, (const void *const *)inputs, outputs, NULL);
  if (status != 0) {{
    fprintf(stderr, "error: {name}_run returned %" PRId32 "\n", status);
    return 5;
  }}
{print}
  for (int i = 0; i < {prefix}_INPUT_COUNT; ++i)
    free(inputs[i]);
  for (int i = 0; i < {prefix}_OUTPUT_COUNT; ++i)
    free(outputs[i]);
  free(arena);
  free(weights);
  return 0;
}}
)";

std::string allocations(const NativeBundle &bundle, const std::string &prefix) {
  std::string text;
  for (size_t i = 0; i < bundle.inputs.size(); ++i)
    text += fmt::format("  inputs[{0}] = allocate({1}_INPUT_{0}_BYTES);\n"
                        "  if (count > 1 && !readFile(arguments[{2}], inputs[{0}], {1}_INPUT_{0}_BYTES))\n"
                        "    return 3;\n",
                        i, prefix, i + 1);
  for (size_t i = 0; i < bundle.outputs.size(); ++i)
    text += fmt::format("  outputs[{0}] = allocate({1}_OUTPUT_{0}_BYTES);\n", i, prefix);
  return text;
}

std::string prints(const NativeBundle &bundle, const std::string &prefix) {
  std::string text;
  for (size_t i = 0; i < bundle.outputs.size(); ++i) {
    const NativeTensor &tensor = bundle.outputs[i];
    std::string type = cType(tensor.type);
    bool isFloat = type == "float" || type == "double";
    std::string format = isFloat          ? fmt::format("\" %.{}g\"", type == "float" ? 9 : 17)
                         : type[0] == 'u' ? "\" %\" PRIu64"
                                          : "\" %\" PRId64";
    std::string cast = isFloat ? "double" : type[0] == 'u' ? "uint64_t" : "int64_t";
    text += fmt::format("  if (folder) {{\n"
                        "    if (!writeFile(folder, {0}, outputs[{0}], {1}_OUTPUT_{0}_BYTES))\n"
                        "      return 6;\n"
                        "  }} else {{\n"
                        "    printf(\"%s:\", \"{2} {3} {4}\");\n"
                        "    for (size_t i = 0; i < {1}_OUTPUT_{0}_BYTES / sizeof({5}); ++i)\n"
                        "      printf({6}, ({7})((const {5} *)outputs[{0}])[i]);\n"
                        "    printf(\"\\n\");\n"
                        "  }}\n",
                        i, prefix, harmless(tensor.name), tensor.type, shapeText(tensor.shape), type, format,
                        cast);
  }
  return text;
}

std::string prefixOf(const NativeBundle &bundle) { return llvm::StringRef(bundle.name).upper(); }

std::string targetText(const NativeBundle &bundle) {
  return harmless(bundle.target + (bundle.variant.empty() ? "" : "/" + bundle.variant) + " (" +
                  bundle.triple + ")");
}

} // namespace

std::string cHeader(const NativeBundle &bundle) {
  using fmt::arg;
  std::string prefix = prefixOf(bundle);
  return fmt::format(fmt::runtime(headerText), arg("name", bundle.name), arg("prefix", prefix),
                     arg("version", harmless(bundle.productVersion)), arg("target", targetText(bundle)),
                     arg("object", TENON_NATIVE_OBJECT), arg("library", TENON_NATIVE_LIBRARY),
                     arg("weights", TENON_NATIVE_WEIGHTS),
                     arg("features", bundle.features.empty() ? "nothing beyond its kind"
                                                             : harmless(llvm::join(bundle.features, ", "))),
                     arg("weightsBytes", bundle.weights.size()), arg("arenaBytes", bundle.arenaBytes),
                     arg("alignment", TENON_NATIVE_ALIGNMENT),
                     arg("inputs", tensorMacros(prefix, "INPUT", bundle.inputs)),
                     arg("outputs", tensorMacros(prefix, "OUTPUT", bundle.outputs)),
                     arg("indent", std::string(bundle.name.size() + 13, ' ')));
}

std::string cExample(const NativeBundle &bundle) {
  using fmt::arg;
  std::string prefix = prefixOf(bundle);
  return fmt::format(fmt::runtime(exampleText), arg("name", bundle.name), arg("prefix", prefix),
                     arg("object", TENON_NATIVE_OBJECT), arg("weights", TENON_NATIVE_WEIGHTS),
                     arg("allocate", allocations(bundle, prefix)), arg("print", prints(bundle, prefix)));
}

} // namespace tenon::runtime
