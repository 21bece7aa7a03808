// A target's description as structs: what target.yaml says, after the loader has checked it. Everything that
// knows a chip works on this and on nothing else.
//
// Meaning and encoding are apart: an Intrinsic's meaning mentions sizes, operands and values; its encoding
// says where each of them is put. Families (`for:`) are expanded: each member is an Intrinsic of its own.
#pragma once

#include "core/ir/nest/Nest.h"
#include "core/isa/Expression.h"
#include "core/isa/SourceFile.h"

#include <map>

namespace tenon::isa {

/// The type of one element as a description writes it: i8, u8, f32.
struct ElementType {
  nest::ScalarType scalar; ///< signless
  bool isSigned = true;    ///< integers only

  std::string str() const;
  bool operator==(const ElementType &) const = default;
};

/// "i1".."i64", "u1".."u64", "f16", "bf16", "f32", "f64"; nothing for any other text.
std::optional<ElementType> parseElementType(llvm::StringRef text);

/// Whether the number is a value of the integer type.
bool fits(const ElementType &type, int64_t value);

struct Parameter {
  std::string name;
  int64_t value = 0;
  Place place;
};

/// A place where tensors live.
struct Memory {
  enum class Kind : uint8_t {
    Global,     ///< the memory that the host shares: bytes
    Scratchpad, ///< on the chip, addressed
    Registers,  ///< a register file: `count` registers of `rowBytes`; in a lane-parallel machine of all lanes
    Rotating,   ///< `copies` of one tile: a command that writes it fills the next copy
    Table,      ///< read by a data index (lookup)
    Cache,      ///< no operand lives in it: `bytes` that are near. Caches are declared innermost first
  };
  enum class Unit : uint8_t { Byte, Row };
  std::string name;
  Kind kind = Kind::Global;
  uint64_t bytes = 0;      ///< capacity (of one copy)
  uint64_t rowBytes = 0;   ///< bytes of one row; 0: no rows
  ElementType rowElement;  ///< the row's declared element, where there are rows
  int64_t rowElements = 0; ///< elements of a row
  Unit unit = Unit::Byte;  ///< what an address counts; Row where rows are declared, unless `unit: byte`
  int64_t base = 0;        ///< added to every address of this memory in a command
  int64_t align = 1;       ///< addresses are multiples of it, in units
  int64_t banks = 1;
  int64_t copies = 1;     ///< rotating
  unsigned space = 0;     ///< LLVM's address space of pointers into it
  int64_t lineBytes = 64; ///< cache
  /// Which byte of the memory holds byte `p` of what is stored there: an expression of p that permutes the
  /// addresses.
  std::optional<Expression> swizzle;
  Place place;

  int64_t unitBytes() const { return unit == Unit::Row ? int64_t(rowBytes) : 1; }
  uint64_t units() const { return bytes / uint64_t(unitBytes()); }
};

struct Queue {
  std::string name;
  int64_t depth = 1; ///< commands that wait in it
  Place place;
};

/// How commands of different queues are ordered.
struct Sync {
  enum class Kind : uint8_t {
    Interlock, ///< the hardware orders whatever touches the same place, in program order, between `queues`
    Semaphore, ///< `count` counters up to `max`: a wait takes n from one, a signal adds one
    Tokens,    ///< one counter from queue `from` to queue `to`, up to `max`
  };
  std::string name;
  Kind kind = Kind::Interlock;
  llvm::SmallVector<unsigned> queues; ///< Interlock
  int64_t count = 1;                  ///< Semaphore
  int64_t max = 1;                    ///< Semaphore, Tokens; a signal at the maximum waits
  unsigned from = 0, to = 0;          ///< Tokens
  Place place;
};

struct Field {
  std::string name;
  unsigned high = 0, low = 0;       ///< bits, both inclusive
  std::optional<uint64_t> constant; ///< the field always holds it
  Place place;

  unsigned width() const { return high - low + 1; }
};

/// A command word. Bits in no field must be zero.
struct Word {
  std::string name;
  unsigned bits = 32; ///< a multiple of 8, at most 512; stored little end first
  std::vector<Field> fields;
  Place place;
};

/// State that commands read besides their operands. `count` slots of a record of cells.
struct RegisterCell {
  std::string name;
  ElementType type;               ///< an integer
  std::optional<int64_t> atReset; ///< without it, reading before setting is an error
  Place place;
};
struct Register {
  std::string name;
  int64_t count = 1;
  std::vector<RegisterCell> cells;
  Place place;
};

/// A size: its name is its index in types and semantics.
struct Size {
  std::string name;
  int64_t low = 1, high = 1, step = 1;
  std::vector<int64_t> choices; ///< where the description lists them; else empty
  Place place;

  bool allows(int64_t value) const;
};

/// A scalar fixed at compile time.
struct ValueDeclaration {
  std::string name;
  ElementType type; ///< a range "0..31" has the smallest type that holds it
  int64_t low = 0, high = 0;
  Place place;
};

/// How far apart neighbours along an axis lie.
struct Stride {
  enum class Kind : uint8_t {
    Dense, ///< follows from the sizes (see Instruction.h)
    Any,   ///< free, 0 included; a multiple of `multiple`
    Fixed, ///< `value`, in the memory's units
  };
  Kind kind = Kind::Dense;
  int64_t multiple = 1;
  Expression value; ///< over parameters and sizes
  Place place;
};

/// One axis of an operand. Its extent is the size of the same name, or `extent`.
struct Axis {
  std::string name;
  int size = -1;                    ///< number of the size; -1: none has this name
  std::optional<Expression> extent; ///< over sizes, values and parameters
  Stride stride;
};

/// What a place outside the operand's extents holds.
struct Outside {
  enum class Kind : uint8_t {
    None,      ///< nothing may leave the operand
    Value,     ///< a read gives `value`; a write fills the rest of the row with it
    Keep,      ///< a write leaves it as it was
    Undefined, ///< a write leaves it unknown
  };
  Kind kind = Kind::None;
  Expression value; ///< over parameters and values
  Place place;
};

/// "dword l, byte t = a[t]": which element a place holds. A place's coordinates are units of a row: row,
/// lane, reg, vector, qword, dword, word, byte; the coordinate is multiplied by the unit's bytes.
struct Holds {
  struct Coordinate {
    std::string unit;
    std::string name;
  };
  std::vector<Coordinate> coordinates;
  std::vector<Expression> indices; ///< one for each axis, over the coordinates' names
  std::string text;
  Place place;
};

struct OperandDeclaration {
  enum class Access : uint8_t { Read, Write, Update };
  std::string name;
  ElementType type;
  std::vector<Axis> axes;
  llvm::SmallVector<unsigned, 2> memories; ///< one, or a choice
  Access access = Access::Read;
  Outside outside;
  std::optional<Holds> holds;
  Place place;
};

/// The typed body of semantics: a nest's nodes with two more leaves and indices that may use values.
struct IndexTerm {
  int64_t factor = 1;
  int value = -1; ///< number of a value that multiplies; -1: none
  int size = -1;  ///< number of a size that multiplies; -1: none (a constant term)
};
using SymbolicIndex = std::vector<IndexTerm>; ///< their sum

struct SemanticNode {
  /// nest: `node` as it is (Read: see below; LoopIndex: node.loop is a size's number). Value: value number
  /// `value`.
  enum class Kind : uint8_t { Nest, Value };
  Kind kind = Kind::Nest;
  nest::Node node; ///< for Read, node.access.operand is the operand's number (locals after the operands) and
                   ///< node.access.indices is not used
  std::vector<SymbolicIndex> indices; ///< Read: one for each axis
  unsigned value = 0;
  bool isSigned = true; ///< of the result
};

struct SemanticStatement {
  unsigned destination = 0; ///< operand's number; locals after the operands
  std::vector<SymbolicIndex> indices;
  nest::Update update = nest::Update::Assign;
  /// `=` whose right side mentions sizes that the left side does not: they are summed, from 0. `update` is
  /// then Add, and the nest's statement has the start 0.
  bool fromZero = false;
  std::vector<SemanticNode> body; ///< arguments before uses
  unsigned result = 0;
  llvm::SmallVector<unsigned> loops; ///< the sizes it uses, in the order listed
  Place place;
};

struct SemanticLocal {
  std::string name;
  ElementType type;
  std::vector<unsigned> sizes; ///< its axes: sizes
};

struct Semantics {
  std::vector<SemanticStatement> statements;
  std::vector<SemanticLocal> locals;
};

/// field = expression over sizes, values, parameters, family keys and attributes (Instruction.h).
struct FieldAssignment {
  unsigned field = 0; ///< of the word
  Expression value;
};
struct Command {
  unsigned word = 0;
  std::vector<FieldAssignment> fields;
  Place place;
};

/// `register[slot].cell` must equal `value` when the command runs.
struct Need {
  unsigned reg = 0;
  std::string slot; ///< a name that the planner chooses a slot for; empty where the register has one slot
  unsigned cell = 0;
  Expression value;
  Place place;
};

/// What a clause of `where` demands, and its text for "why not".
struct Clause {
  Expression condition;
  std::string text;
  Place place;
};

struct Timing {
  std::optional<Expression> latency;
  std::vector<std::pair<std::string, Expression>> busy; ///< unit, cycles
  std::optional<Expression> extra;
};

/// A line of an encoding, and where it stands.
struct TextLine {
  std::string text;
  Place place;
};

/// call: symbol(arguments): a function of a library with C's calling convention.
struct CallText {
  std::string symbol;
  std::vector<Expression> arguments; ///< over sizes, values, parameters, family keys and attributes
  Place place;
};

/// How a row's float arithmetic may differ from its semantics written out.
struct Numerics {
  bool fused = false;    ///< a product and the sum after it are rounded once
  bool anyOrder = false; ///< the sum over sizes may be taken in any order
};

struct Intrinsic {
  std::string name;                          ///< "matmul", or a family's member: "matmul{update: +=}"
  std::string family;                        ///< the name in the file
  std::map<std::string, std::string> member; ///< family key -> its choice: "update" -> "+="
  std::map<std::string, int64_t> memberCode; ///< family key -> the number in command expressions
  int queue = -1;                            ///< -1: none named (an instruction of a processor's own stream)
  std::vector<Size> sizes;
  std::vector<ValueDeclaration> values;
  std::vector<OperandDeclaration> operands;
  Semantics semantics; ///< empty for a command that only sets registers or synchronises
  std::vector<Clause> where, prefer;
  std::optional<Command> command;
  std::string llvm, assembly, call;               ///< the other encodings, as written
  std::vector<TextLine> llvmLines, assemblyLines; ///< the same, without empty lines
  std::optional<CallText> callText;               ///< `call` taken apart
  std::vector<std::string>
      requiredFeatures; ///< features without which the row is not there (see Description::has)
  Numerics numerics;
  std::vector<Need> needs;
  int sets = -1;        ///< register that the command sets; its cells' names are then known in `command`
  std::string setsSlot; ///< the name of the slot in `command`
  llvm::SmallVector<unsigned> advances; ///< rotating memories whose next copy becomes current before it reads
  Timing timing;
  std::string doc;
  Place place;

  /// One statement that copies one operand to another at the same indices, with or without `outside`.
  bool isMove() const;
};

/// How a sync is encoded in a command of its own, where a description has one: names known in its fields are
/// id and count (Semaphore).
struct SyncCommand {
  unsigned sync = 0;
  bool isWait = false;
  int queue = -1; ///< the queue whose commands it orders; -1: named by a field `queue`
  Command command;
};

/// What the host sees of the chip: registers of 32 bits at byte offsets, and the numbers in their fields.
struct HostField {
  std::string name;
  unsigned high = 0, low = 0; ///< bits, both inclusive
  int codes = -1;             ///< number of the group whose codes it holds; -1: a number
  Place place;

  unsigned width() const { return high - low + 1; }
};
struct HostRegister {
  enum class Access : uint8_t { Read, Write, ReadWrite };
  std::string name;
  int64_t offset = 0;
  Access access = Access::Read;
  std::optional<int64_t> count; ///< registers at consecutive offsets; without it there is one
  std::string doc;
  std::vector<HostField> fields;
  Place place;

  int64_t end() const { return offset + 4 * count.value_or(1); }
};
struct HostCode {
  std::string name;
  int64_t number = 0;
  Place place;
};
struct HostCodes {
  std::string name;
  unsigned bits = 1; ///< of the fields that hold one, else as many as the largest needs
  std::vector<HostCode> codes;
  Place place;
};
struct Host {
  int64_t window = 4096; ///< bytes of addresses that the registers lie in
  std::vector<HostRegister> registers;
  std::vector<HostCodes> codes;
};

/// Present: the description encodes to native code, not to command words.
struct Code {
  std::string triple;
  std::string processor;              ///< LLVM's name of a processor or architecture level; may be empty
  std::vector<std::string> features;  ///< LLVM's names; whatever runs the code must have them
  int64_t vectorBytes = 16;           ///< of the vectors that code without intrinsics prefers
  std::string barrier;                ///< LLVM text that lets the groups of a block wait for each other
  std::string kernelConvention;       ///< LLVM's calling convention of kernels; empty: that of C
  std::vector<std::string> libraries; ///< paths of shared libraries with the symbols of `call` rows
  Place place;
};

/// A level of parallel execution; listed outermost first.
struct Level {
  enum class Kind : uint8_t {
    Threads, ///< threads of the runtime, of a processor
    Grid,    ///< independent blocks
    Group,   ///< groups of a block: they share its scratchpad and may wait for each other
    Lanes,   ///< of a group, in lockstep: `most` of them, always
  };
  Kind kind = Kind::Threads;
  std::string name;
  int64_t most = 1;
  /// LLVM text: each line but the last defines a local, the last is an instruction whose i32 is the index
  /// within the level around it. Empty for Threads.
  std::string index;
  Place place;
};

struct Description {
  std::string name;
  /// The file as read; where it extends another, one text that says the same without extending anything
  /// (Extend.h). Its hash identifies the description in bundles.
  std::string text;
  std::string path;
  std::vector<SourceFile> files; ///< the file at `path`, then those that it extends
  std::string doc;
  std::vector<Parameter> parameters;
  std::vector<Memory> memories;
  std::vector<Queue> queues;
  std::vector<Sync> syncs;
  std::vector<SyncCommand> syncCommands;
  std::vector<Word> words;
  std::vector<Register> registers;
  std::vector<Intrinsic> intrinsics;
  Host host; ///< empty where the description has none
  std::optional<Code> code;
  std::vector<Level> levels;

  /// The file and line of a place: "target.yaml:12:5".
  std::string locate(Place place) const;
  const Level *level(Level::Kind kind) const;
  /// Whether all features that the row requires are among the code's.
  bool has(const Intrinsic &intrinsic) const;

  std::optional<int64_t> parameter(llvm::StringRef name) const;
  /// 64 hexadecimal digits (SHA-256 of the text).
  std::string hash() const;
};

/// `parameters` replaces values of declared parameters (DIM=8). Mistakes: one Failure(WrongInput) with every
/// diagnostic, each with line and column, in the order of the file.
struct LoadOptions {
  std::map<std::string, int64_t> parameters;
  uint64_t mostBytes = uint64_t(1) << 20; ///< of one file
  /// Whether `extends` may read other files. loadDescription always does; a text from elsewhere must not.
  bool mayExtend = false;
};
llvm::Expected<Description> loadDescription(llvm::StringRef path, const LoadOptions &options = {});
llvm::Expected<Description> parseDescription(llvm::StringRef text, llvm::StringRef path,
                                             const LoadOptions &options = {});

} // namespace tenon::isa
