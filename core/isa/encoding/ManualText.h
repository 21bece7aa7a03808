// The parts of a description as the manual words them.
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa {

/// The text as it stands, without control characters; tableCell() also without what would end a table cell.
std::string markdown(llvm::StringRef text);
std::string tableCell(llvm::StringRef text);

/// A table with a heading; nothing where there are no rows.
std::string markdownTable(llvm::ArrayRef<std::string> heading, llvm::ArrayRef<std::vector<std::string>> rows);

std::string bytesText(uint64_t bytes); ///< "256 KiB"
std::string kindText(Memory::Kind kind);
std::string unitText(const Memory &memory);
std::string rangeText(const Size &size); ///< "1..16 by 2", "8, 16"
std::string accessText(OperandDeclaration::Access access);
std::string accessText(HostRegister::Access access);
std::string bitsText(unsigned high, unsigned low); ///< "7..0", "3"
std::string strideText(const Stride &stride);
std::string outsideText(const OperandDeclaration &operand);
std::string syncText(const Description &description, const Sync &sync);

} // namespace tenon::isa
