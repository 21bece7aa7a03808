// What this processor can do at most: chains of multiply-adds on registers alone, enough of them to hide the
// latency. The yardstick of bench/cpu, measured in the same run as what is compared with it.
#include "bench/cpu/Bench.h"

#include <immintrin.h>

namespace {

constexpr int chains = 24; ///< latency 4 or 5 times 2 units, with room

__attribute__((target("avx512f"))) float fma512(int64_t steps) {
  __m512 sum[chains], x = _mm512_set1_ps(0.5F), y = _mm512_set1_ps(0.25F);
  for (__m512 &s : sum)
    s = _mm512_setzero_ps();
  for (int64_t i = 0; i < steps; ++i) {
#pragma clang loop unroll(full)
    for (int c = 0; c < chains; ++c)
      sum[c] = _mm512_fmadd_ps(x, y, sum[c]);
    __asm__ volatile("" : "+v"(x), "+v"(y));
  }
  float total = 0;
  for (const __m512 &s : sum)
    total += _mm512_reduce_add_ps(s);
  return total;
}

__attribute__((target("avx2,fma"))) float fma256(int64_t steps) {
  __m256 sum[chains / 2], x = _mm256_set1_ps(0.5F), y = _mm256_set1_ps(0.25F);
  for (__m256 &s : sum)
    s = _mm256_setzero_ps();
  for (int64_t i = 0; i < steps; ++i) {
#pragma clang loop unroll(full)
    for (int c = 0; c < chains / 2; ++c)
      sum[c] = _mm256_fmadd_ps(x, y, sum[c]);
    __asm__ volatile("" : "+x"(x), "+x"(y));
  }
  float total = 0;
  for (const __m256 &s : sum)
    total += _mm256_cvtss_f32(s);
  return total;
}

__attribute__((target("avx512f,avx512vnni"))) int vnni512(int64_t steps) {
  __m512i sum[chains], x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(5);
  for (__m512i &s : sum)
    s = _mm512_setzero_si512();
  for (int64_t i = 0; i < steps; ++i) {
#pragma clang loop unroll(full)
    for (int c = 0; c < chains; ++c)
      sum[c] = _mm512_dpbusd_epi32(sum[c], x, y);
    __asm__ volatile("" : "+v"(x), "+v"(y));
  }
  int total = 0;
  for (const __m512i &s : sum)
    total ^= _mm512_reduce_add_epi32(s);
  return total;
}

__attribute__((target("avx2,avxvnni"))) int vnni256(int64_t steps) {
  __m256i sum[chains / 2], x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(5);
  for (__m256i &s : sum)
    s = _mm256_setzero_si256();
  for (int64_t i = 0; i < steps; ++i) {
#pragma clang loop unroll(full)
    for (int c = 0; c < chains / 2; ++c)
      sum[c] = _mm256_dpbusd_avx_epi32(sum[c], x, y);
    __asm__ volatile("" : "+x"(x), "+x"(y));
  }
  int total = 0;
  for (const __m256i &s : sum)
    total ^= _mm256_cvtsi256_si32(s);
  return total;
}

volatile float floatSink;
volatile int integerSink;

} // namespace

int64_t benchPeakFma(int64_t steps) {
  if (__builtin_cpu_supports("avx512f")) {
    floatSink = fma512(steps);
    return steps * chains * 16;
  }
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return 0;
  floatSink = fma256(steps);
  return steps * (chains / 2) * 8;
}

int64_t benchPeakVnni(int64_t steps) {
  if (__builtin_cpu_supports("avx512vnni")) {
    integerSink = vnni512(steps);
    return steps * chains * 64;
  }
  unsigned a = 7, b = 0, c = 1, d = 0; // CPUID 7.1: EAX bit 4 is AVX-VNNI
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if (!((a >> 4) & 1))
    return 0;
  integerSink = vnni256(steps);
  return steps * (chains / 2) * 32;
}
