// The conversions of operators, by family, a file each. Each takes one node whose indices were checked,
// checks what the operator itself asks for, and sets the node's output; or returns what is wrong with the
// node.
#pragma once

#include "core/import/tflite/NodeConversion.h"

namespace tenon::import::tflite {

using Conversion = llvm::Error (*)(NodeConversion &);

llvm::Error convertConv2D(NodeConversion &c);          // Convolution.cpp
llvm::Error convertDepthwiseConv2D(NodeConversion &c); // Convolution.cpp
llvm::Error convertFullyConnected(NodeConversion &c);  // FullyConnected.cpp
llvm::Error convertAdd(NodeConversion &c);             // Arithmetic.cpp
llvm::Error convertSub(NodeConversion &c);
llvm::Error convertMul(NodeConversion &c);
llvm::Error convertMinimum(NodeConversion &c);
llvm::Error convertMaximum(NodeConversion &c);
llvm::Error convertAveragePool2D(NodeConversion &c); // Pooling.cpp
llvm::Error convertMaxPool2D(NodeConversion &c);
llvm::Error convertMean(NodeConversion &c); // Mean.cpp
llvm::Error convertPad(NodeConversion &c);  // DataMovement.cpp
llvm::Error convertReshape(NodeConversion &c);
llvm::Error convertTranspose(NodeConversion &c);
llvm::Error convertConcatenation(NodeConversion &c);
llvm::Error convertRelu(NodeConversion &c); // Activation.cpp
llvm::Error convertRelu6(NodeConversion &c);
llvm::Error convertReluN1To1(NodeConversion &c);
llvm::Error convertLeakyRelu(NodeConversion &c);
llvm::Error convertLogistic(NodeConversion &c); // Sigmoids.cpp
llvm::Error convertTanh(NodeConversion &c);
llvm::Error convertSoftmax(NodeConversion &c);    // Softmax.cpp
llvm::Error convertQuantize(NodeConversion &c);   // Quantize.cpp
llvm::Error convertDequantize(NodeConversion &c); // Quantize.cpp

} // namespace tenon::import::tflite
