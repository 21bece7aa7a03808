// The exact integer scalar operations: each has one definition for every width, and no undefined result but the
// ones that its description names.
#ifndef TENON_OPS
#define TENON_OPS

include "TenonBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tenon_ScalarOp<string mnemonic, list<Trait> traits = []> : Op<Tenon_Dialect, mnemonic, !listconcat([Pure], traits)>;

def Tenon_SaturateOp : Tenon_ScalarOp<"saturate"> {
  let summary = "the nearest integer in the range of a narrower type";
  let description = [{
    The source is read as signed. The result is the nearest value in [-2^(w-1), 2^(w-1) - 1] (`signed`) or
    [0, 2^w - 1] (`unsigned`), where w is the width of the result.

    ```mlir
    %q = tenon.saturate signed %x : i32 to i8
    ```
  }];
  let arguments = (ins AnySignlessInteger:$source, Tenon_SignednessAttr:$range);
  let results = (outs AnySignlessInteger:$result);
  let assemblyFormat = "`` $range $source attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
}

def Tenon_RoundingShiftRightOp : Tenon_ScalarOp<"rounding_shift_right", [SameOperandsAndResultType]> {
  let summary = "x / 2^shift, rounded to an integer";
  let description = [{
    The quotient is exact before the one rounding: nothing overflows on the way. `half_up` takes halves to plus infinity,
    `half_away_from_zero` away from zero, `half_to_even` to the even neighbour; `down` is the floor. A shift below 0 or not
    below the width has no result.

    ```mlir
    %y = tenon.rounding_shift_right half_away_from_zero %x, %shift : i32
    ```
  }];
  let arguments = (ins AnySignlessInteger:$source, AnySignlessInteger:$shift, Tenon_RoundingAttr:$rounding);
  let results = (outs AnySignlessInteger:$result);
  let assemblyFormat = "`` $rounding $source `,` $shift attr-dict `:` type($source)";
  let hasVerifier = 1;
}

def Tenon_DoublingHighMultiplyOp
    : Tenon_ScalarOp<"saturating_rounding_doubling_high_multiply", [SameOperandsAndResultType, Commutative]> {
  let summary = "the high half of 2ab, rounded to nearest, halves up, saturated";
  let description = [{
    floor((2ab + 2^(w-1)) / 2^w) for operands of w bits; only a = b = -2^(w-1) saturates, to 2^(w-1) - 1. It is a * b
    for fixed-point numbers with w-1 fractional bits (gemmlowp's SaturatingRoundingDoublingHighMul, NEON's sqrdmulh).

    ```mlir
    %h = tenon.saturating_rounding_doubling_high_multiply %x, %multiplier : i32
    ```
  }];
  let arguments = (ins AnySignlessInteger:$lhs, AnySignlessInteger:$rhs);
  let results = (outs AnySignlessInteger:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tenon_LookupOp : Tenon_ScalarOp<"lookup"> {
  let summary = "an entry of a table: the one read whose place depends on data";
  let description = [{
    Entry number `index`, counted from 0, of a one-dimensional tensor. An index outside the table has no result.

    ```mlir
    %y = tenon.lookup %table[%i] : tensor<256xi8>, i32
    ```
  }];
  let arguments = (ins 1DTensorOf<[AnySignlessInteger, AnyFloat]>:$table, AnySignlessInteger:$index);
  let results = (outs AnyTypeOf<[AnySignlessInteger, AnyFloat]>:$result);
  let assemblyFormat = "$table `[` $index `]` attr-dict `:` type($table) `,` type($index) `->` type($result)";
  let hasVerifier = 1;
}

#endif // TENON_OPS
