// oneDNN's matrix product, prepared once, weights packed as it likes best: what bench/cpu compares with.
#include "bench/cpu/Bench.h"

#include "oneapi/dnnl/dnnl.hpp"

#include <memory>
#include <string>
#include <unordered_map>

using dnnl::memory;

struct BenchProduct {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  memory a, b, c;
  dnnl::matmul product;
  std::string kernel;
};

namespace {

BenchProduct *prepare(int64_t m, int64_t n, int64_t k, const void *weights, memory::data_type left,
                      memory::data_type right, memory::data_type result) try {
  auto made = std::make_unique<BenchProduct>();
  using Tag = memory::format_tag;
  memory::desc a({m, k}, left, Tag::ab), b({k, n}, right, Tag::any), c({m, n}, result, Tag::ab);
  dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a, b, c), made->engine);
  made->kernel = chosen.impl_info_str();
  made->product = dnnl::matmul(chosen);
  memory plain({{k, n}, right, Tag::ab}, made->engine, const_cast<void *>(weights));
  made->b = memory(chosen.weights_desc(), made->engine);
  dnnl::reorder(plain, made->b).execute(made->stream, plain, made->b);
  made->stream.wait();
  made->a = memory(a, made->engine, nullptr);
  made->c = memory(c, made->engine, nullptr);
  return made.release();
} catch (const dnnl::error &) {
  return nullptr;
}

} // namespace

BenchProduct *benchProductF32(int64_t m, int64_t n, int64_t k, const void *b) {
  return prepare(m, n, k, b, memory::data_type::f32, memory::data_type::f32, memory::data_type::f32);
}

BenchProduct *benchProductU8S8(int64_t m, int64_t n, int64_t k, const void *b) {
  return prepare(m, n, k, b, memory::data_type::u8, memory::data_type::s8, memory::data_type::s32);
}

void benchProductRun(BenchProduct *product, const void *a, void *c) {
  product->a.set_data_handle(const_cast<void *>(a));
  product->c.set_data_handle(c);
  product->product.execute(
      product->stream,
      {{DNNL_ARG_SRC, product->a}, {DNNL_ARG_WEIGHTS, product->b}, {DNNL_ARG_DST, product->c}});
  product->stream.wait();
}

void benchProductFree(BenchProduct *product) { delete product; }

const char *benchProductKernel(BenchProduct *product) { return product->kernel.c_str(); }
