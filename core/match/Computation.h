// What a model computes, in the form that is compared with an instruction: a reduction and what follows it
// element by element.
//
// Normal form, at most three statements of one nest over common loops (the result's first, then the
// reduction's), in this order, each of them optional but one:
//   init    sum[p] = e(p)              what the reduction starts from, where that is not a constant
//   core    sum[p] += f(p, r)          += max= min=, with a constant start where there is no init
//   final   result[p] = g(sum[p], ..)  element by element
// Dimensions and loops of extent 1 are dropped, so an operand's shape is the tensor's without its ones, and a
// rewrite may join dimensions that lie side by side; its bytes are the same. Without a final the result is
// the sum itself; without a core the final reads tensors only.
#pragma once

#include "core/reference/Program.h"

#include <memory>

namespace tenon::match {

/// Constant data, dense row-major, ScalarType::storageBytes() an element.
struct ConstantTensor {
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
  std::vector<char> bytes;
};

struct Gather;

/// What an operand of a computation's nest is.
struct TensorSource {
  enum class Kind : uint8_t {
    Value,    ///< a value of the program that is computed or an input
    Constant, ///< known when compiling
    Local,    ///< the sum
    Gathered, ///< a dense array that a nest of its own makes from other tensors
  };
  Kind kind = Kind::Value;
  unsigned value = 0; ///< Value: its number in the program
  std::shared_ptr<const ConstantTensor> constant;
  std::shared_ptr<const Gather> gather = nullptr; ///< Gathered
};

/// How a dense array is made from tensors: array[joined indices] = E. Elements that the nest does not write
/// are 0.
struct Gather {
  nest::Nest
      nest; ///< its operands are the sources', the last is the array; one statement, affine destination
  std::vector<TensorSource> sources; ///< of the nest's operands but the last
  /// For each axis of the array the nest's loops that run along it, outermost first.
  llvm::SmallVector<llvm::SmallVector<unsigned>> joined;
};

struct Computation {
  nest::Nest nest;
  int init = -1, core = -1, final = -1; ///< numbers of statements; -1: there is none
  std::vector<TensorSource> sources;    ///< one for each operand of the nest
  unsigned result = 0;                  ///< operand that the last statement writes
  std::vector<unsigned> steps;          ///< of the program, that it covers, ascending
  std::vector<std::string> rewrites;    ///< what was rewritten to get here, in words

  unsigned parallelLoops() const; ///< loops that the result's access uses; they come first
};

/// The computations that begin at a step with a nest: the step alone, then with one more elementwise consumer
/// at a time, as long as the intermediate result has no other use, is no output and (with `keepTensors`) no
/// tensor of the model. The list is empty where the step's nest has no normal form; `reason` says why.
struct ComputationChain {
  std::vector<Computation> prefixes; ///< ever longer
  std::string reason;
};
ComputationChain computationsFrom(const reference::Program &program, unsigned step, bool keepTensors);

/// The computation and all that it can be rewritten to without changing a bit of its result, each with its
/// rewrites named: input zero points folded into the start (sum (x - z) w = sum x w - z sum w, w constant),
/// a bias moved between start and final, a division by a constant as multiplication and shift (proven over
/// every sum that can occur), depthwise reductions with a diagonal embedding of their constant in blocks of
/// `block` (of ones where there is none), two neighbouring loops as one where every tensor has them side by
/// side. The first is the computation itself. Steps of the rewriting that need a constant evaluate it with
/// the interpreter. A missing factor or a broadcast scalar needs no rewrite: match() makes the constant.
struct RewriteOptions {
  int64_t block = 1; ///< largest extent of the size that a diagonal embedding fills
};
llvm::Expected<std::vector<Computation>> rewrites(const Computation &computation,
                                                  const RewriteOptions &options);

} // namespace tenon::match
