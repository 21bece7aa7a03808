// Mistakes in what the host sees: offsets, counts, fields, codes.
#include "tests/isa/loader/Sample.h"

using namespace tenon::test;

namespace {

TEST(HostRegisters, OffsetBetweenWords) {
  expectMistake(sampleWith("limit: {offset: 0x010", "limit: {offset: 0x012"), "0x012",
                "offset of host register 'limit' is 0x12", "multiple of 4");
}

TEST(HostRegisters, OffsetBeyondTheWindow) {
  expectMistake(sampleWith("limit: {offset: 0x010", "limit: {offset: 0x400"), "0x400",
                "offset of host register 'limit' is 1024; it may be 0 to 1020", "change the number");
}

TEST(HostRegisters, NoOffset) {
  expectMistake(sampleWith("limit: {offset: 0x010, ", "limit: {"), "{access: read_write",
                "host register 'limit' has no 'offset'", "add offset: a number");
}

TEST(HostRegisters, NoAccess) {
  expectMistake(sampleWith("limit: {offset: 0x010, access: read_write}", "limit: {offset: 0x010}"),
                "{offset: 0x010", "host register 'limit' has no 'access'", "add access: a word");
}

TEST(HostRegisters, UnknownAccess) {
  expectMistake(sampleWith("access: read_write", "access: readwrite"), "readwrite",
                "'access' of host register 'limit' is 'readwrite'", "did you mean 'read_write'?");
}

TEST(HostRegisters, TwoAtOneOffset) {
  expectMistake(sampleWith("limit: {offset: 0x010", "limit: {offset: 0x00c"), "limit: {offset",
                "host registers 'status' and 'limit' share offset 0xc", "its own offsets");
}

TEST(HostRegisters, OneWithinAnArray) {
  expectMistake(sampleWith("limit: {offset: 0x010", "limit: {offset: 0x05c"), "limit: {offset",
                "host registers 'cycles' and 'limit' share offset 0x5c", "its own offsets");
}

TEST(HostRegisters, ArrayBeyondTheWindow) {
  expectMistake(sampleWith("count: 16, other", "count: 249, other"), "249",
                "count of host register 'cycles' is 249; it may be 1 to 248", "change the number");
}

TEST(HostRegisters, ArrayOfNone) {
  expectMistake(sampleWith("count: 16, other", "count: 0, other"), "0, other",
                "count of host register 'cycles' is 0", "change the number");
}

TEST(HostRegisters, NoName) {
  expectMistake(sampleWith("    limit: {offset", "    8limit: {offset"), "8limit", "'8limit' is no name",
                "another name");
}

TEST(HostFields, Overlap) {
  expectMistake(sampleWith("busy: 0, cause: 11..8", "busy: 9, cause: 11..8"), "cause: 11..8",
                "field 'cause' of host register 'status' and field 'busy' share bit 9", "its own bits");
}

TEST(HostFields, LowBitFirst) {
  expectMistake(sampleWith("cause: 11..8 of", "cause: 8..11 of"), "8..11",
                "field 'cause' of host register 'status' is 8..11", "write 11..8");
}

TEST(HostFields, BeyondTheRegister) {
  expectMistake(sampleWith("busy: 0, cause", "busy: 32, cause"), "32, cause",
                "field 'busy' of host register 'status' is 32; it may be 0 to 31", "change the number");
}

TEST(HostFields, NoBits) {
  expectMistake(sampleWith("busy: 0, cause", "busy: low, cause"), "low, cause", "'low' is not known", "ROWS");
}

TEST(HostFields, UnknownCodes) {
  expectMistake(sampleWith("cause: 11..8 of cause", "cause: 11..8 of causes"), "causes",
                "unknown group of codes 'causes'", "did you mean 'cause'?");
}

TEST(HostFields, OfDifferentWidthsForOneGroup) {
  expectMistake(sampleWith("other_cause: 3..0", "other_cause: 4..0"), "other_cause",
                "field 'other_cause' has 5 bits, and another field of codes 'cause' has 4", "equally wide");
}

TEST(HostFields, TooNarrowForTheirCodes) {
  expectMistake(sampleWith("wait: 2}", "wait: 16}"), "cause: 11..8",
                "field 'cause' has 4 bits, and codes 'cause' need 5", "wider");
}

TEST(HostCodes, TwoOfOneNumber) {
  expectMistake(sampleWith("{idle: 0, wait: 2}", "{idle: 2, wait: 2}"), "wait: 2}",
                "code 'wait' of codes 'cause' is 2, and so is 'idle'", "its own number");
}

TEST(HostCodes, NegativeNumber) {
  expectMistake(sampleWith("wait: 2}", "wait: -2}"), "-2", "code 'wait' is -2; it may be 0 to 4294967295",
                "change the number");
}

TEST(HostCodes, OneNameTwice) {
  expectMistake(sampleWith("bus, watchdog", "bus, bus"), "bus, start", "is there twice", "remove one");
}

TEST(HostCodes, NoName) {
  expectMistake(sampleWith("bus, watchdog", "8bus, watchdog"), "8bus", "'8bus' is no name", "another name");
}

TEST(HostCodes, None) {
  expectMistake(sampleWith("[none, illegal, bus, watchdog, start]", "[]"), "error: []",
                "codes 'error' has no names", "write [NAME, ...]");
}

TEST(HostCodes, OneNumberForAGroup) {
  expectMistake(sampleWith("[none, illegal, bus, watchdog, start]", "500"), "500",
                "codes 'error' is '500'; it takes codes", "NAME: NUMBER");
}

TEST(Host, UnknownKey) {
  expectMistake(sampleWith("  window: 1 KiB", "  windw: 1 KiB"), "windw", "unknown key 'windw'",
                "did you mean 'window'?");
}

TEST(Host, WindowOfNothing) {
  expectMistake(sampleWith("  window: 1 KiB", "  window: 0"), "0\n  registers", "window of the host is 0",
                "change the number");
}

} // namespace
