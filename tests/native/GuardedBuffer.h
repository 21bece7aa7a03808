// Memory with an untouchable page on both sides: a kernel that reads or writes one byte outside of a tensor
// ends the test with a fault at that very instruction.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace tenon::test {

class GuardedBuffer {
public:
  enum class Edge : uint8_t { First, Last }; ///< which end of the bytes lies at a page that cannot be touched

  /// At the last edge the start is aligned as the number of bytes is.
  GuardedBuffer(size_t bytes, Edge edge) {
    size_t page = size_t(sysconf(_SC_PAGESIZE));
    size_t inside = (bytes + page - 1) / page * page + page;
    total = inside + 2 * page;
    base =
        static_cast<char *>(mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base == MAP_FAILED || mprotect(base, page, PROT_NONE) != 0 ||
        mprotect(base + page + inside, page, PROT_NONE) != 0)
      std::abort();
    std::memset(base + page, 0xa5, inside);
    start = edge == Edge::First ? base + page : base + page + inside - bytes;
  }
  ~GuardedBuffer() { munmap(base, total); }
  GuardedBuffer(const GuardedBuffer &) = delete;
  GuardedBuffer &operator=(const GuardedBuffer &) = delete;

  char *data() { return start; }

private:
  char *base = nullptr, *start = nullptr;
  size_t total = 0;
};

} // namespace tenon::test
