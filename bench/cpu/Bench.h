// What bench/cpu/run.py calls through ctypes: peaks of the processor, and oneDNN matrix products.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs chains of multiply-adds; returns how many scalar ones were done, 0 where the processor has none. */
__attribute__((visibility("default"))) int64_t benchPeakFma(int64_t steps);  /* f32 */
__attribute__((visibility("default"))) int64_t benchPeakVnni(int64_t steps); /* u8 x i8 into i32 */

/* A product c[m, n] = a[m, k] * b[k, n] that oneDNN has prepared: b is packed as it likes best. Null: it
 * cannot. */
typedef struct BenchProduct BenchProduct;
__attribute__((visibility("default"))) BenchProduct *benchProductF32(int64_t m, int64_t n, int64_t k,
                                                                     const void *b);
__attribute__((visibility("default"))) BenchProduct *benchProductU8S8(int64_t m, int64_t n, int64_t k,
                                                                      const void *b);
__attribute__((visibility("default"))) void benchProductRun(BenchProduct *product, const void *a, void *c);
__attribute__((visibility("default"))) void benchProductFree(BenchProduct *product);
/* oneDNN's name of the kernel it took; valid as long as the product. */
__attribute__((visibility("default"))) const char *benchProductKernel(BenchProduct *product);

#ifdef __cplusplus
}
#endif
