// A library's kernel, as somebody else would bring it: c[m, n] += a[m, k] * b[k, n], distances in bytes.
#include <stdint.h>

static int64_t calls;

int64_t testGemmCalls(void) { return calls; }

void testGemmF32(const char *a, const char *b, char *c, int64_t m, int64_t n, int64_t k, int64_t a_row,
                 int64_t b_row, int64_t c_row) {
  ++calls;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float sum = *(const float *)(c + i * c_row + j * 4);
      for (int64_t l = 0; l < k; ++l)
        sum += *(const float *)(a + i * a_row + l * 4) * *(const float *)(b + l * b_row + j * 4);
      *(float *)(c + i * c_row + j * 4) = sum;
    }
}

/* Bytes and words, rows of a side by side, the whole layer with its bias: c[m, n] = max(bias[n] + sum, 0). */
void testDenseI8(const int8_t *a, const int8_t *b, const int32_t *bias, int32_t *c, int64_t m, int64_t n,
                 int64_t k, int64_t c_row) {
  ++calls;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      int32_t sum = bias[j];
      for (int64_t l = 0; l < k; ++l)
        sum += a[i * k + l] * b[j * k + l];
      ((int32_t *)((char *)c + i * c_row))[j] = sum > 0 ? sum : 0;
    }
}
