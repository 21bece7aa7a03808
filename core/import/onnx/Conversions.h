// The conversion of each operator, by family; Import.cpp has the table.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

using Conversion = llvm::Error (*)(NodeConversion &);

// Arithmetic.cpp
llvm::Error convertAdd(NodeConversion &c);
llvm::Error convertSub(NodeConversion &c);
llvm::Error convertMul(NodeConversion &c);
llvm::Error convertDiv(NodeConversion &c);
llvm::Error convertMin(NodeConversion &c);
llvm::Error convertMax(NodeConversion &c);
llvm::Error convertPow(NodeConversion &c);
llvm::Error convertWhere(NodeConversion &c);
llvm::Error convertPRelu(NodeConversion &c);

// Unary.cpp
llvm::Error convertAbs(NodeConversion &c);
llvm::Error convertNeg(NodeConversion &c);
llvm::Error convertExp(NodeConversion &c);
llvm::Error convertLog(NodeConversion &c);
llvm::Error convertSqrt(NodeConversion &c);
llvm::Error convertErf(NodeConversion &c);
llvm::Error convertRelu(NodeConversion &c);
llvm::Error convertLeakyRelu(NodeConversion &c);
llvm::Error convertSigmoid(NodeConversion &c);
llvm::Error convertTanh(NodeConversion &c);
llvm::Error convertHardSwish(NodeConversion &c);
llvm::Error convertGelu(NodeConversion &c);
llvm::Error convertClip(NodeConversion &c);

// Cast.cpp
llvm::Error convertCast(NodeConversion &c);

// Convolution.cpp, ConvTranspose.cpp, Pooling.cpp
llvm::Error convertConv(NodeConversion &c);
llvm::Error convertConvTranspose(NodeConversion &c);
llvm::Error convertMaxPool(NodeConversion &c);
llvm::Error convertAveragePool(NodeConversion &c);
llvm::Error convertGlobalAveragePool(NodeConversion &c);

// MatMul.cpp, IntegerProduct.cpp
llvm::Error convertMatMul(NodeConversion &c);
llvm::Error convertGemm(NodeConversion &c);
llvm::Error convertMatMulInteger(NodeConversion &c);

// Normalization.cpp, Softmax.cpp, Reduction.cpp
llvm::Error convertBatchNormalization(NodeConversion &c);
llvm::Error convertLayerNormalization(NodeConversion &c);
llvm::Error convertSoftmax(NodeConversion &c);
llvm::Error convertReduceSum(NodeConversion &c);
llvm::Error convertReduceMean(NodeConversion &c);
llvm::Error convertReduceMax(NodeConversion &c);
llvm::Error convertReduceMin(NodeConversion &c);

// Reshape.cpp
llvm::Error convertReshape(NodeConversion &c);
llvm::Error convertFlatten(NodeConversion &c);
llvm::Error convertSqueeze(NodeConversion &c);
llvm::Error convertUnsqueeze(NodeConversion &c);
llvm::Error convertIdentity(NodeConversion &c);
llvm::Error convertTranspose(NodeConversion &c);
llvm::Error convertExpand(NodeConversion &c);
llvm::Error convertShape(NodeConversion &c);
llvm::Error convertConstant(NodeConversion &c);

// Slicing.cpp, Gather.cpp, Pad.cpp, Resize.cpp
llvm::Error convertConcat(NodeConversion &c);
llvm::Error convertSplit(NodeConversion &c);
llvm::Error convertSlice(NodeConversion &c);
llvm::Error convertGather(NodeConversion &c);
llvm::Error convertPad(NodeConversion &c);
llvm::Error convertResize(NodeConversion &c);

// Quantization.cpp, DynamicQuantization.cpp
llvm::Error convertQuantizeLinear(NodeConversion &c);
llvm::Error convertDequantizeLinear(NodeConversion &c);
llvm::Error convertDynamicQuantizeLinear(NodeConversion &c);

} // namespace tenon::import::onnx
