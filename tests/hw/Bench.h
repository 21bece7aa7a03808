// A Verilated module with its clock and reset. Ports are set before a tick and read after it: the tick is a
// rising edge, and what depends on inputs without a register is seen by `settle`.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>
#if VM_COVERAGE
#include <verilated_cov.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <unistd.h>

namespace tenon::hw {

/// Random numbers whose seed a failure shows. TENON_SEED chooses another, TENON_SEED=random a new one each
/// time; without it they are the same each time, so that a build that passed passes again.
class Random {
public:
  Random() {
    const char *named = std::getenv("TENON_SEED");
    std::string given = named ? named : "1";
    seed = given == "random" ? std::random_device()() : unsigned(std::strtoul(given.c_str(), nullptr, 0));
    engine.seed(seed);
  }
  std::string text() const { return "TENON_SEED=" + std::to_string(seed); }

  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }
  bool oneIn(unsigned n) { return between(1, n) == 1; }
  template <class Items> void shuffle(Items &items) { std::shuffle(items.begin(), items.end(), engine); }
  /// Corners are as likely as all else together.
  int8_t byte() {
    static const int8_t corners[] = {-128, -127, -1, 0, 1, 127};
    return oneIn(2) ? corners[between(0, 5)] : int8_t(between(-128, 127));
  }
  int32_t word() {
    static const int32_t corners[] = {INT32_MIN, INT32_MIN + 1, -(1 << 30),    -1,       0,
                                      1,         1 << 30,       INT32_MAX - 1, INT32_MAX};
    if (oneIn(3))
      return corners[between(0, 8)];
    return int32_t(between(INT32_MIN, INT32_MAX)) >> between(0, 31); // all magnitudes
  }

private:
  unsigned seed;
  std::mt19937_64 engine;
};

template <class Model> class Bench {
public:
  Bench() {
    context.threads(1);   // a death test forks
    context.randReset(2); // registers without a reset begin anywhere
    context.randSeed(1);
    model = std::make_unique<Model>(&context);
    model->rst_ni = 0;
    tick();
    tick();
    model->rst_ni = 1;
  }
  Bench(const Bench &) = delete;
  ~Bench() {
    model->final();
    writeCoverage();
  }

  Model *operator->() { return model.get(); }
  Model &operator*() { return *model; }

  void settle() { model->eval(); }
  void tick() {
    model->clk_i = 0;
    model->eval();
    model->clk_i = 1;
    model->eval();
    ++cycle;
  }

  /// For a death test: what an assertion of the RTL says goes to standard error, where the test looks for it.
  void tickAloud(unsigned ticks = 1) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    while (ticks--)
      tick();
  }

  int64_t cycle = 0;

private:
  void writeCoverage() {
#if VM_COVERAGE
    static int number = 0;
    const char *folder = std::getenv("TENON_COVERAGE_FOLDER");
    if (!folder)
      return;
    std::string name =
        std::string(folder) + "/" + program_invocation_short_name + "." + std::to_string(number++);
    context.coveragep()->write((name + ".dat").c_str());
#endif
  }

  VerilatedContext context;
  std::unique_ptr<Model> model;
};

} // namespace tenon::hw
