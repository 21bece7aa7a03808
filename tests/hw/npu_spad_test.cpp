// The scratchpad's arbiter and banks against an array of rows: who is granted follows from the order of
// priority and from the bank of each address, and every granted access has its effect.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_spad.h"

#include <set>

namespace tenon::hw {
namespace {

constexpr unsigned readPorts = 8;
constexpr unsigned readBits = 1 + spadAddressBits;
constexpr unsigned rowBits = 8 * dim;
constexpr int64_t rowCount = TENON_SPAD_BYTES / dim;

using Row = std::vector<uint8_t>;

unsigned bankOf(int64_t row) { return unsigned(row / (rowCount / 4) * 4 + row % 4); }

struct Write {
  bool valid = false;
  int64_t row = 0;
  Row data = Row(dim, 0);
};

template <class Port> void put(Port &port, const Write &write) {
  for (unsigned place = 0; place < dim; ++place)
    setBits(port, 8 * place, 8, write.data[place]);
  setBits(port, rowBits, spadAddressBits, uint64_t(write.row));
  setBits(port, rowBits + spadAddressBits, 1, write.valid);
}

class NpuSpad : public testing::Test {
protected:
  /// Few rows, so that ports meet: about the ends of the groups, or anywhere.
  int64_t anyRow() {
    if (random.oneIn(3))
      return random.between(0, rowCount - 1);
    return random.between(0, 3) * (rowCount / 4) +
           (random.oneIn(2) ? random.between(0, 9) : rowCount / 4 - 1 - random.between(0, 9));
  }

  Write anyWrite(unsigned oneIn) {
    Write write;
    write.valid = random.oneIn(oneIn);
    write.row = anyRow();
    for (uint8_t &byte : write.data)
      byte = uint8_t(random.between(0, 255));
    return write;
  }

  void fill() {
    put(bench->load_write_i, Write{});
    std::memset(&bench->read_i, 0, sizeof(bench->read_i));
    for (int64_t row = 0; row < rowCount; ++row) {
      Write write = anyWrite(1);
      write.row = row;
      put(bench->drain_write_i, write);
      rows[size_t(row)] = write.data;
      bench.tick();
    }
  }

  void cycle() {
    Write drain = anyWrite(drainOneIn), load = anyWrite(loadOneIn);
    bool asks[readPorts];
    int64_t asked[readPorts];
    put(bench->drain_write_i, drain);
    put(bench->load_write_i, load);
    for (unsigned port = 0; port < readPorts; ++port) {
      asks[port] = random.oneIn(readOneIn);
      asked[port] = anyRow();
      setBits(bench->read_i, port * readBits, spadAddressBits, uint64_t(asked[port]));
      setBits(bench->read_i, port * readBits + spadAddressBits, 1, asks[port]);
    }
    bench.settle();
    for (unsigned port = 0; port < readPorts; ++port)
      if (came[port] >= 0)
        ASSERT_EQ(getElements<uint8_t>(bench->read_data_o, port), data[port])
            << "port " << port << ", row " << came[port];
    std::set<unsigned> taken;
    if (drain.valid)
      taken.insert(bankOf(drain.row));
    bool loads = load.valid && taken.insert(bankOf(load.row)).second;
    ASSERT_EQ(bench->load_write_grant_o, loads);
    for (unsigned port = 0; port < readPorts; ++port) {
      bool reads = asks[port] && taken.insert(bankOf(asked[port])).second;
      ASSERT_EQ(bench->read_grant_o >> port & 1, unsigned(reads)) << "port " << port;
      came[port] = reads ? asked[port] : -1;
      if (reads)
        data[port] = rows[size_t(asked[port])];
    }
    if (drain.valid)
      rows[size_t(drain.row)] = drain.data;
    if (loads)
      rows[size_t(load.row)] = load.data;
    bench.tick();
  }

  Random random;
  Bench<Vnpu_spad> bench;
  std::vector<Row> rows = std::vector<Row>(rowCount);
  unsigned drainOneIn = 1, loadOneIn = 1, readOneIn = 1;
  int64_t came[readPorts] = {-1, -1, -1, -1, -1, -1, -1, -1}; // rows granted in the cycle before
  Row data[readPorts];
};

TEST_F(NpuSpad, AnyRequestsAtAnyRate) {
  SCOPED_TRACE(random.text());
  fill();
  for (int round = 0; round < 300 && !HasFatalFailure(); ++round) {
    drainOneIn = unsigned(random.between(1, 6));
    loadOneIn = unsigned(random.between(1, 6));
    readOneIn = unsigned(random.between(1, 6));
    for (int i = 0; i < 100 && !HasFatalFailure(); ++i)
      cycle();
  }
}

/// Streams in different groups, and neighbouring rows in one group, never meet.
TEST_F(NpuSpad, StreamsThatAreApartNeverWait) {
  SCOPED_TRACE(random.text());
  fill();
  for (int64_t i = 0; i < 500; ++i) {
    Write drain = anyWrite(1), load = anyWrite(1);
    drain.row = i;
    load.row = rowCount / 4 + i;
    put(bench->drain_write_i, drain);
    put(bench->load_write_i, load);
    for (unsigned port = 0; port < readPorts; ++port) {
      int64_t row = rowCount / 4 * (port < 4 ? 2 : 3) + i + port % 4;
      setBits(bench->read_i, port * readBits, spadAddressBits, uint64_t(row));
      setBits(bench->read_i, port * readBits + spadAddressBits, 1, 1);
    }
    bench.settle();
    ASSERT_TRUE(bench->load_write_grant_o);
    ASSERT_EQ(bench->read_grant_o, 255);
    bench.tick();
  }
}

} // namespace
} // namespace tenon::hw
