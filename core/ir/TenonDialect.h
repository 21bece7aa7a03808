// The tenon dialect: exact integer scalar operations, and the attributes that lead back to the model.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "core/ir/TenonDialect.h.inc"
#include "core/ir/TenonEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "core/ir/TenonAttributes.h.inc"

#define GET_OP_CLASSES
#include "core/ir/TenonOps.h.inc"
