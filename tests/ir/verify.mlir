// The verifier rules of the dialect, T1 to T12: a negative test for each, named after it.
// RUN: tenon-opt --split-input-file --verify-diagnostics %s

func.func @T1_widths_are_1_to_64(%x: i128) -> i8 {
  // expected-error @+1 {{works on 128 bits, it takes 1 to 64 (T1)}}
  %y = tenon.saturate signed %x : i128 to i8
  return %y : i8
}

// -----

func.func @T1_of_a_shift(%x: i65) -> i65 {
  // expected-error @+1 {{works on 65 bits, it takes 1 to 64 (T1)}}
  %y = tenon.rounding_shift_right half_up %x, %x : i65
  return %y : i65
}

// -----

func.func @T1_of_a_product(%x: i65) -> i65 {
  // expected-error @+1 {{works on 65 bits, it takes 1 to 64 (T1)}}
  %y = tenon.saturating_rounding_doubling_high_multiply %x, %x : i65
  return %y : i65
}

// -----

func.func @T2_a_saturation_narrows(%x: i8) -> i8 {
  // expected-error @+1 {{goes from 8 to 8 bits, the result must be narrower (T2)}}
  %y = tenon.saturate unsigned %x : i8 to i8
  return %y : i8
}

// -----

func.func @T3_a_known_shift_is_below_the_width(%x: i32) -> i32 {
  %shift = arith.constant 32 : i32
  // expected-error @+1 {{shifts by 32, it must be 0 to 31 (T3)}}
  %y = tenon.rounding_shift_right half_up %x, %shift : i32
  return %y : i32
}

// -----

func.func @T3_a_known_shift_is_not_negative(%x: i16) -> i16 {
  %shift = arith.constant -1 : i16
  // expected-error @+1 {{shifts by -1, it must be 0 to 15 (T3)}}
  %y = tenon.rounding_shift_right down %x, %shift : i16
  return %y : i16
}

// -----

func.func @T4_a_fixed_point_number_has_two_bits(%x: i1) -> i1 {
  // expected-error @+1 {{works on 1 bit, a fixed-point number needs at least 2 (T4)}}
  %y = tenon.saturating_rounding_doubling_high_multiply %x, %x : i1
  return %y : i1
}

// -----

func.func @T5_a_table_has_a_known_size(%table: tensor<?xi8>, %i: i32) -> i8 {
  // expected-error @+1 {{its size must be known and not 0 (T5)}}
  %y = tenon.lookup %table[%i] : tensor<?xi8>, i32 -> i8
  return %y : i8
}

// -----

func.func @T5_a_table_is_not_empty(%table: tensor<0xi8>, %i: i32) -> i8 {
  // expected-error @+1 {{its size must be known and not 0 (T5)}}
  %y = tenon.lookup %table[%i] : tensor<0xi8>, i32 -> i8
  return %y : i8
}

// -----

func.func @T5_entries_are_the_result(%table: tensor<256xi8>, %i: i32) -> i16 {
  // expected-error @+1 {{reads entries of 'i8' as 'i16' (T5)}}
  %y = tenon.lookup %table[%i] : tensor<256xi8>, i32 -> i16
  return %y : i16
}

// -----

// expected-error @+1 {{a node needs the name of its operator (T6)}}
func.func private @T6_a_node_has_an_operator() attributes {test.node = #tenon.node<"", 0, "x">}

// -----

// expected-error @+1 {{a node's index is -1, it counts from 0 (T6)}}
func.func private @T6_a_node_counts_from_0() attributes {test.node = #tenon.node<"ADD", -1, "x">}

// -----

// expected-error @+1 {{a tensor's index is -3, it counts from 0 (T7)}}
func.func private @T7_a_tensor_counts_from_0() attributes {test.t = #tenon.tensor<-3, "x", scale = 1.0 : f64, zero_point = 0>}

// -----

// expected-error @+1 {{a tensor's scale must be an f64 (T7)}}
func.func private @T7_a_scale_is_f64() attributes {test.t = #tenon.tensor<0, "x", scale = 1.0 : f32, zero_point = 0>}

// -----

// expected-error @+1 {{a tensor's scale is -1.000000e+00, it must be finite and not negative (T7)}}
func.func private @T7_a_scale_is_not_negative() attributes {test.t = #tenon.tensor<0, "x", scale = -1.0 : f64, zero_point = 0>}

// -----

func.func @T8_one_tensor_result(%x: i32) -> i32 {
  // expected-error @+1 {{has 'tenon.tensor' and 1 results, it needs exactly one, a tensor (T8)}}
  %y = arith.addi %x, %x {tenon.tensor = #tenon.tensor<0, "y", scale = 0.0 : f64, zero_point = 0>} : i32
  return %y : i32
}

// -----

func.func @T8_the_attribute_is_a_tensor() -> tensor<2xi8> {
  // expected-error @+1 {{'tenon.tensor' is 3 : i32, it must be a #tenon.tensor (T8)}}
  %y = tensor.empty() {tenon.tensor = 3 : i32} : tensor<2xi8>
  return %y : tensor<2xi8>
}

// -----

func.func @T9_no_other_attribute() -> tensor<2xi8> {
  // expected-error @+1 {{has the attribute 'tenon.colour', which the tenon dialect does not define (T9)}}
  %y = tensor.empty() {tenon.colour = 3 : i32} : tensor<2xi8>
  return %y : tensor<2xi8>
}

// -----

// expected-error @+1 {{argument 0 has the attribute 'tenon.tensor', only 'tenon.tensor' with a #tenon.tensor may stand there (T9)}}
func.func @T9_of_an_argument(%x: tensor<2xi8> {tenon.tensor = 1 : i32}) -> tensor<2xi8> {
  return %x : tensor<2xi8>
}

// -----

func.func @T10_quantization_is_whole() -> tensor<2xi8> {
  // expected-error @+1 {{it needs quantize, unsigned, axis and as many scales as zero_points, and one result (T10)}}
  %y = tensor.empty() {tenon.quantization = {quantize = true}} : tensor<2xi8>
  return %y : tensor<2xi8>
}

// -----

func.func @T11_a_layout_is_an_array() -> tensor<2x3xi8> {
  // expected-error @+1 {{has 'tenon.layout' that is 1 : i64 and 1 results, it needs an array of i64 and one result, a tensor (T11)}}
  %y = tensor.empty() {tenon.layout = 1 : i64} : tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// -----

// expected-error @+1 {{has 'tenon.folds_into_sums' that is true, it stands without a value on a function (T12)}}
func.func @T12_folds_has_no_value() attributes {tenon.folds_into_sums = true} {
  return
}

// -----

func.func @T11_a_layout_names_each_dimension_once() -> tensor<2x3xi8> {
  // expected-error @+1 {{has 'tenon.layout' that is array<i64: 1, 1>, it must name each of the 2 dimensions once (T11)}}
  %y = tensor.empty() {tenon.layout = array<i64: 1, 1>} : tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// -----

func.func @T11_a_layout_names_all_dimensions() -> tensor<2x3xi8> {
  // expected-error @+1 {{has 'tenon.layout' that is array<i64: 0>, it must name each of the 2 dimensions once (T11)}}
  %y = tensor.empty() {tenon.layout = array<i64: 0>} : tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// -----

func.func @T12_folds_is_a_functions() -> tensor<2xi8> {
  // expected-error @+1 {{it stands without a value on a function (T12)}}
  %y = tensor.empty() {tenon.folds_into_sums} : tensor<2xi8>
  return %y : tensor<2xi8>
}
