// What follows the sums of a convolution or a fully connected layer: bias, requantisation, activation.
#pragma once

#include "core/import/tflite/FixedPoint.h"

namespace tenon::import::tflite {

/// How a sum is multiplied by its scale ratio.
enum class Requantisation {
  RoundTwice,           ///< convolutions: doubling high multiply, then a shift
  OnceHalfUp,           ///< a 64-bit product and one shift, halves up
  OnceHalfAwayFromZero, ///< the same with halves away from zero
  InDouble,             ///< a product in double, rounded with halves away from zero
};

/// Fully connected layers are defined in double. For one that gives the same int8 as a product of integers
/// for every sum an int32 can hold, the integers are chosen, so that hardware can do it: found by comparing
/// the steps of both functions, which are monotone and have at most 512 steps before the result leaves int8
/// for good.
Requantisation requantisationOf(llvm::ArrayRef<double> ratios);

struct Epilogue {
  mlir::Value bias;           ///< tensor<channels x i32 or f32>, or null
  Multipliers multipliers;    ///< empty for floats; one, or one a channel
  std::vector<double> ratios; ///< the multipliers before they were made integers
  Requantisation requantisation = Requantisation::RoundTwice;
  int64_t zeroPoint = 0;
  ActivationRange range;
  unsigned channelDimensions = 1; ///< how many of the sums' last dimensions number the channels together
};

/// Sets ratios and multipliers to input scale * weight scale / output scale, one for each weight scale, and
/// the zero point. The product is taken in double: in float it gives other bytes.
llvm::Error setMultipliers(const NodeConversion &c, const Tensor &input, const Tensor &weights,
                           Epilogue &epilogue);

/// Checks the optional bias (input number `number`): a vector with one element a channel, of int32 or
/// float32.
llvm::Error checkBias(const NodeConversion &c, unsigned number, int64_t channels);

/// Applies the epilogue to sums [..., channel], elementwise, to the output's element type.
mlir::Value applyEpilogue(NodeConversion &c, mlir::Value sums, const Epilogue &epilogue);

} // namespace tenon::import::tflite
