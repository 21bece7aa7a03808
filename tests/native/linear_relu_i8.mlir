// relu(x W + b) in int8 with requantisation: from this one text, one kernel of a processor, one of a parallel machine
// (what is before it only lays operands out), and one group of commands of a command-stream chip.
// RUN: %if target-cpu %{ tenon compile %s --target cpu/x86-64-avx2 -o %t.avx2 --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cpu %{ tenon compile %s --target cpu/x86-64-avx512-vnni -o %t.vnni --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cpu %{ tenon compile %s --target cpu/aarch64-dotprod -o %t.dotprod --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cuda %{ tenon compile %s --target cuda/sm_80 -o %t.sm_80 --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-npu-sim %{ tenon compile %s --target npu-sim -o %t.npu --quiet --dump-plan - | FileCheck %s --check-prefix=COMMANDS %}

// CHECK: layer 0:
// CHECK-NOT: no intrinsic:
// CHECK: 16,384 MACs
// CHECK: kernel linear_relu_i8_layer0
// CHECK-NOT: layer 1
// CHECK: arena:

// COMMANDS: layer 0:
// COMMANDS-NOT: layer 1:
// COMMANDS: step 0: {{.*}} commands
// COMMANDS-NOT: host
// COMMANDS-NOT: step 1:

func.func @main(%x: tensor<8x64xi8>) -> tensor<8x32xi8> {
  %weights = arith.constant dense<3> : tensor<32x64xi8>
  %bias = arith.constant dense<77> : tensor<32xi32>
  %multiplier = arith.constant dense<1288490189> : tensor<32xi32>
  %shift = arith.constant dense<7> : tensor<32xi32>
  %zero = arith.constant 0 : i32
  %sums = tensor.empty() : tensor<8x32xi32>
  %start = linalg.fill ins(%zero : i32) outs(%sums : tensor<8x32xi32>) -> tensor<8x32xi32>
  %sum = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                                          affine_map<(m, n, k) -> (m, n)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %weights : tensor<8x64xi8>, tensor<32x64xi8>) outs(%start : tensor<8x32xi32>) {
  ^bb0(%a: i8, %w: i8, %s: i32):
    %wide = arith.extsi %a : i8 to i32
    %zp = arith.constant -5 : i32
    %centred = arith.subi %wide, %zp : i32
    %weight = arith.extsi %w : i8 to i32
    %product = arith.muli %centred, %weight : i32
    %next = arith.addi %s, %product : i32
    linalg.yield %next : i32
  } -> tensor<8x32xi32>
  %empty = tensor.empty() : tensor<8x32xi8>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>,
                                        affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (n)>,
                                        affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%sum, %bias, %multiplier, %shift : tensor<8x32xi32>, tensor<32xi32>, tensor<32xi32>, tensor<32xi32>)
      outs(%empty : tensor<8x32xi8>) {
  ^bb0(%s: i32, %b: i32, %q: i32, %r: i32, %o: i8):
    %t = arith.addi %s, %b : i32
    %high = tenon.saturating_rounding_doubling_high_multiply %t, %q : i32
    %scaled = tenon.rounding_shift_right half_away_from_zero %high, %r : i32
    %zp = arith.constant -10 : i32
    %placed = arith.addi %scaled, %zp : i32
    %low = arith.maxsi %placed, %zp : i32
    %most = arith.constant 127 : i32
    %clamped = arith.minsi %low, %most : i32
    %narrow = arith.trunci %clamped : i32 to i8
    linalg.yield %narrow : i8
  } -> tensor<8x32xi8>
  return %y : tensor<8x32xi8>
}
