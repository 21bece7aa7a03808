// What this host is: its kind of processor, and the features that the processor and the system's kernel give.
// A processor's name says nothing about that: under a hypervisor it may promise what CPUID hides.
#include "core/runtime/native/Internal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)

// Which of the four registers of a leaf of CPUID.
enum Register { Eax, Ebx, Ecx, Edx };
// Registers that the kernel must save for a feature to be usable: bits of XCR0.
enum { SavesNothing = 0, SavesAvx = 0x6, SavesAvx512 = 0xe6, SavesTiles = 0x60000 };

// LLVM's names and where CPUID has them (Intel's manual, volume 2A, CPUID; AMD's volume 3, appendix E).
static const struct {
  const char *name;
  uint32_t leaf, subleaf;
  enum Register place;
  unsigned bit;
  uint64_t saves;
} features[] = {
    {"cx8", 1, 0, Edx, 8, SavesNothing},
    {"cmov", 1, 0, Edx, 15, SavesNothing},
    {"mmx", 1, 0, Edx, 23, SavesNothing},
    {"fxsr", 1, 0, Edx, 24, SavesNothing},
    {"sse", 1, 0, Edx, 25, SavesNothing},
    {"sse2", 1, 0, Edx, 26, SavesNothing},
    {"sse3", 1, 0, Ecx, 0, SavesNothing},
    {"pclmul", 1, 0, Ecx, 1, SavesNothing},
    {"ssse3", 1, 0, Ecx, 9, SavesNothing},
    {"fma", 1, 0, Ecx, 12, SavesAvx},
    {"cx16", 1, 0, Ecx, 13, SavesNothing},
    {"sse4.1", 1, 0, Ecx, 19, SavesNothing},
    {"sse4.2", 1, 0, Ecx, 20, SavesNothing},
    {"movbe", 1, 0, Ecx, 22, SavesNothing},
    {"popcnt", 1, 0, Ecx, 23, SavesNothing},
    {"aes", 1, 0, Ecx, 25, SavesNothing},
    {"xsave", 1, 0, Ecx, 27, SavesNothing},
    {"avx", 1, 0, Ecx, 28, SavesAvx},
    {"f16c", 1, 0, Ecx, 29, SavesAvx},
    {"rdrnd", 1, 0, Ecx, 30, SavesNothing},
    {"fsgsbase", 7, 0, Ebx, 0, SavesNothing},
    {"bmi", 7, 0, Ebx, 3, SavesNothing},
    {"avx2", 7, 0, Ebx, 5, SavesAvx},
    {"bmi2", 7, 0, Ebx, 8, SavesNothing},
    {"avx512f", 7, 0, Ebx, 16, SavesAvx512},
    {"avx512dq", 7, 0, Ebx, 17, SavesAvx512},
    {"rdseed", 7, 0, Ebx, 18, SavesNothing},
    {"adx", 7, 0, Ebx, 19, SavesNothing},
    {"avx512ifma", 7, 0, Ebx, 21, SavesAvx512},
    {"clflushopt", 7, 0, Ebx, 23, SavesNothing},
    {"avx512cd", 7, 0, Ebx, 28, SavesAvx512},
    {"sha", 7, 0, Ebx, 29, SavesNothing},
    {"avx512bw", 7, 0, Ebx, 30, SavesAvx512},
    {"avx512vl", 7, 0, Ebx, 31, SavesAvx512},
    {"avx512vbmi", 7, 0, Ecx, 1, SavesAvx512},
    {"avx512vbmi2", 7, 0, Ecx, 6, SavesAvx512},
    {"gfni", 7, 0, Ecx, 8, SavesNothing},
    {"vaes", 7, 0, Ecx, 9, SavesAvx},
    {"vpclmulqdq", 7, 0, Ecx, 10, SavesAvx},
    {"avx512vnni", 7, 0, Ecx, 11, SavesAvx512},
    {"avx512bitalg", 7, 0, Ecx, 12, SavesAvx512},
    {"avx512vpopcntdq", 7, 0, Ecx, 14, SavesAvx512},
    {"avx512vp2intersect", 7, 0, Edx, 8, SavesAvx512},
    {"amx-bf16", 7, 0, Edx, 22, SavesTiles},
    {"avx512fp16", 7, 0, Edx, 23, SavesAvx512},
    {"amx-tile", 7, 0, Edx, 24, SavesTiles},
    {"amx-int8", 7, 0, Edx, 25, SavesTiles},
    {"avxvnni", 7, 1, Eax, 4, SavesAvx},
    {"avx512bf16", 7, 1, Eax, 5, SavesAvx512},
    {"amx-fp16", 7, 1, Eax, 21, SavesTiles},
    {"avxifma", 7, 1, Eax, 23, SavesAvx},
    {"avxvnniint8", 7, 1, Edx, 4, SavesAvx},
    {"avxneconvert", 7, 1, Edx, 5, SavesAvx},
    {"avxvnniint16", 7, 1, Edx, 10, SavesAvx},
    {"sahf", 0x80000001, 0, Ecx, 0, SavesNothing},
    {"lzcnt", 0x80000001, 0, Ecx, 5, SavesNothing},
    {"sse4a", 0x80000001, 0, Ecx, 6, SavesNothing},
    {"prfchw", 0x80000001, 0, Ecx, 8, SavesNothing},
    {"xop", 0x80000001, 0, Ecx, 11, SavesAvx},
    {"fma4", 0x80000001, 0, Ecx, 16, SavesAvx},
    {"64bit", 0x80000001, 0, Edx, 29, SavesNothing},
};

// What the kernel saves when it changes threads.
static uint64_t savedState(void) {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 27 & 1))
    return 0;
  __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return (uint64_t)edx << 32 | eax;
}

int tenonNativeHostHas(const char *feature) {
  for (size_t i = 0; i < sizeof features / sizeof *features; ++i) {
    if (strcmp(features[i].name, feature) != 0)
      continue;
    uint32_t found[4] = {0};
    if (!__get_cpuid_count(features[i].leaf, features[i].subleaf, &found[Eax], &found[Ebx], &found[Ecx],
                           &found[Edx]))
      return 0;
    uint64_t saves = features[i].saves;
    return (found[features[i].place] >> features[i].bit & 1) && (savedState() & saves) == saves;
  }
  return -1;
}

const char *tenonNativeHostArchitecture(void) { return "x86_64"; }

#elif defined(__aarch64__)

// LLVM's names and the bits of Linux's auxiliary vector (Documentation/arch/arm64/elf_hwcaps.rst).
static const struct {
  const char *name;
  unsigned long vector;
  unsigned bit;
} features[] = {
    {"fp-armv8", AT_HWCAP, 0},  {"neon", AT_HWCAP, 1},     {"aes", AT_HWCAP, 3},
    {"sha2", AT_HWCAP, 6},      {"crc", AT_HWCAP, 7},      {"lse", AT_HWCAP, 8},
    {"fullfp16", AT_HWCAP, 10}, {"rdm", AT_HWCAP, 12},     {"rcpc", AT_HWCAP, 15},
    {"sha3", AT_HWCAP, 17},     {"sm4", AT_HWCAP, 19},     {"dotprod", AT_HWCAP, 20},
    {"sve", AT_HWCAP, 22},      {"fp16fml", AT_HWCAP, 23}, {"sve2", AT_HWCAP2, 1},
    {"i8mm", AT_HWCAP2, 13},    {"bf16", AT_HWCAP2, 14},   {"sme", AT_HWCAP2, 23},
};

int tenonNativeHostHas(const char *feature) {
  for (size_t i = 0; i < sizeof features / sizeof *features; ++i)
    if (strcmp(features[i].name, feature) == 0)
      return (int)(getauxval(features[i].vector) >> features[i].bit & 1);
  return -1;
}

const char *tenonNativeHostArchitecture(void) { return "aarch64"; }

#else

int tenonNativeHostHas(const char *feature) {
  (void)feature;
  return -1;
}

const char *tenonNativeHostArchitecture(void) { return "unknown"; }

#endif

static void append(char *text, size_t bytes, const char *word) {
  size_t length = strlen(text);
  snprintf(text + length, bytes - length, "%s%s", length ? ", " : "", word);
}

TenonNativeStatus tenonCheckHost(const char *folder, const TenonManifest *manifest,
                                 TenonNativeFailure *failure) {
  const char *host = tenonNativeHostArchitecture();
  size_t length = strcspn(manifest->triple, "-");
  if (strlen(host) != length || strncmp(manifest->triple, host, length) != 0 ||
      !strstr(manifest->triple, "linux"))
    return tenonFail(failure, TENON_NATIVE_CANNOT, folder, "the bundle is for %s, this host is %s-linux",
                     manifest->triple, host);
  char needed[512] = "", lacking[512] = "", unknown[512] = "";
  for (size_t i = 0; i < manifest->featureCount; ++i) {
    append(needed, sizeof needed, manifest->features[i]);
    int has = tenonNativeHostHas(manifest->features[i]);
    if (has == 0)
      append(lacking, sizeof lacking, manifest->features[i]);
    else if (has < 0)
      append(unknown, sizeof unknown, manifest->features[i]);
  }
  if (*lacking) {
    tenonFail(failure, TENON_NATIVE_CANNOT, folder,
              "the bundle (%s%s%s) needs a processor with %s; this host's lacks %s", manifest->target,
              *manifest->variant ? "/" : "", manifest->variant, needed, lacking);
    snprintf(failure->repair, sizeof failure->repair, "compile the model for a lesser variant");
    return failure->status;
  }
  if (*unknown)
    return tenonFail(
        failure, TENON_NATIVE_CANNOT, folder,
        "the bundle needs a processor with %s; this program cannot tell whether this host's has %s", needed,
        unknown);
  return TENON_NATIVE_DONE;
}
