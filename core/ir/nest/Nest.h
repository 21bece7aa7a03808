// The loop nest: the form in which operators and instructions are reasoned about, and what the reference
// interprets.
//
// A nest is an ordered list of statements over a box of loops. A statement assigns or accumulates one element
// of an operand from an expression over reads; its accesses are quasi-affine functions of the loops (sums,
// and division and remainder by constants). A read may have a value for what lies outside its operand, so
// padding is a read and not a copy. A table read is the one indirect access.
//
// Meaning: statements run one after the other, each over its own loops in the order listed, the last
// innermost; a loop marked sequential wraps all statements that name it. Sequential loops come first, a
// statement names the first few of them (all, some or none), and those that name one stand together. Each
// execution of a statement sees what earlier executions wrote. A body has no choice of what it evaluates:
// every node is, at every point, also the side that a select does not take.
#pragma once

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::nest {

/// A type of one element. Integers are signless, 1 to 64 bits; an index is a 64-bit integer.
struct ScalarType {
  enum class Kind : uint8_t { Integer, Float16, BFloat16, Float32, Float64 };
  Kind kind = Kind::Integer;
  unsigned width = 32; ///< bits

  bool isInteger() const { return kind == Kind::Integer; }
  bool isFloat() const { return kind != Kind::Integer; }
  /// Bytes of one element in a buffer: the smallest of 1, 2, 4, 8 that holds the width; little end first,
  /// integers sign-extended.
  unsigned storageBytes() const;
  std::string str() const; ///< "i8", "f32"
  bool operator==(const ScalarType &) const = default;

  static ScalarType integer(unsigned bits) { return {Kind::Integer, bits}; }
  static ScalarType index() { return {Kind::Integer, 64}; }
  static ScalarType f16() { return {Kind::Float16, 16}; }
  static ScalarType bf16() { return {Kind::BFloat16, 16}; }
  static ScalarType f32() { return {Kind::Float32, 32}; }
  static ScalarType f64() { return {Kind::Float64, 64}; }
};

/// A constant of a known type: integers sign-extended in `integer`, floats exactly in `real`.
struct Constant {
  int64_t integer = 0;
  double real = 0;

  static Constant ofInteger(int64_t value) { return {value, 0}; }
  static Constant ofReal(double value) { return {0, value}; }
};

struct Loop {
  std::string name;
  int64_t extent = 1;
  bool sequential = false;
};

/// A tensor that statements read or write: dense, row-major, bound to a buffer when the nest runs. A local
/// lives only while the nest runs and must be written by an earlier statement before it is read; elements
/// that none has written are zero.
struct Operand {
  std::string name;
  ScalarType type;
  llvm::SmallVector<int64_t> shape;
  bool local = false;
};

/// Where an operand is read or written: one index for each of its dimensions, as a function of all loops of
/// the nest (dimension number = loop number, no symbols).
struct Access {
  unsigned operand = 0;
  mlir::AffineMap indices;
  /// A read's value where an index lies outside the operand; without it the access must stay inside.
  std::optional<Constant> outside;
};

enum class Opcode : uint8_t {
#define SCALAR_OP(name, mnemonic, arity) name,
#include "core/ir/nest/Scalars.def"
};

llvm::StringRef mnemonic(Opcode op);
unsigned arity(Opcode op);

enum class IntegerPredicate : uint8_t { EQ, NE, SLT, SLE, SGT, SGE, ULT, ULE, UGT, UGE };
/// O: ordered (false if a NaN is involved), U: unordered (true if a NaN is involved).
enum class FloatPredicate : uint8_t {
  False,
  OEQ,
  OGT,
  OGE,
  OLT,
  OLE,
  ONE,
  ORD,
  UEQ,
  UGT,
  UGE,
  ULT,
  ULE,
  UNE,
  UNO,
  True
};
/// How RoundingShiftRight rounds x / 2^s to an integer.
enum class Rounding : uint8_t { HalfUp, HalfAwayFromZero, HalfToEven, Down, TowardsZero };

/// One step of a statement's body. Arguments are numbers of earlier nodes of the same body.
struct Node {
  Opcode op = Opcode::Constant;
  ScalarType type; ///< of the result
  llvm::SmallVector<unsigned, 3> arguments;
  Constant constant;                                        ///< Constant
  Access access;                                            ///< Read
  unsigned loop = 0;                                        ///< LoopIndex
  unsigned table = 0;                                       ///< TableRead: operand number
  IntegerPredicate integerPredicate = IntegerPredicate::EQ; ///< CmpI
  FloatPredicate floatPredicate = FloatPredicate::False;    ///< CmpF
  Rounding rounding = Rounding::HalfUp;                     ///< RoundingShiftRight
  bool resultSigned =
      true; ///< Saturate: clamp to the signed or the unsigned range; the source is read as signed
};

/// What happens to the destination: = += max= min=, integers wrapping and compared as signed, floats rounded
/// after each step; MaxF and MinF as MaximumF and MinimumF.
enum class Update : uint8_t { Assign, Add, Max, Min };

/// destination {update} body[value], for every point of `loops`.
struct Statement {
  llvm::SmallVector<unsigned> loops; ///< numbers of loops, ascending
  Access destination;
  Update update = Update::Assign;
  std::vector<Node> body; ///< in order: arguments come before uses
  unsigned value = 0;     ///< the node whose result is stored; of the destination's type
  /// With an update: the destination's value before the first step (a reduction's start). Every element that
  /// the statement writes has it before the statement's first point; in a sequential loop, before the first
  /// iteration that reaches the element, not each time around. Without it the statement accumulates onto what
  /// is there.
  std::optional<Constant> start;
};

struct Nest {
  std::vector<Loop> loops;
  std::vector<Operand> operands;
  std::vector<Statement> statements;
};

/// Refuses what is malformed: numbers out of range, types that do not fit, a map of the wrong size, an access
/// that may leave its operand and has no value for outside, a local read before it is written. Messages name
/// the statement.
llvm::Error verify(const Nest &nest);

/// Readable text, one statement a line:
///   for m < 49, n < 64, k < 16: c[m, n] += extsi(a[m, k]:i8):i32 * ...
void print(const Nest &nest, llvm::raw_ostream &stream);

/// Multiply-accumulates: points of every statement that adds a product (through casts and subtracted zero
/// points) of two different reads. The count that "MACs" means in every report.
int64_t multiplyAccumulates(const Nest &nest);

} // namespace tenon::nest
