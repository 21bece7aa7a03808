// The scratchpad: sixteen single-ported banks in four groups, and who may use each of them in a cycle. The group is an
// address's two highest bits, so that streams which a planner places in different groups never meet; the bank in the
// group is the two lowest, so that neighbouring rows can be read together.
module npu_spad
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  write_request_t drain_write_i,  // always granted: the drain cannot wait

  input  write_request_t load_write_i,
  output logic load_write_grant_o,

  input  read_request_t [ReadPorts-1:0] read_i,
  output logic [ReadPorts-1:0] read_grant_o,
  output row_t [ReadPorts-1:0] read_data_o  // in the cycle after the grant
);

  localparam int unsigned Banks = SpadBanks;
  localparam int unsigned BankRows = SpadRows / Banks;
  localparam int unsigned BankRowBits = $clog2(BankRows);

  typedef logic [$clog2(Banks)-1:0] bank_t;
  typedef logic [BankRowBits-1:0] bank_row_t;

  typedef struct packed {
    logic [1:0] group;
    bank_row_t row;
    logic [1:0] bank;  // in the group
  } place_t;

  // --- Who gets a bank -----------------------------------------------------------------------------------------------
  place_t drain_place, load_place;
  place_t [ReadPorts-1:0] read_place;
  bank_t drain_bank, load_bank;
  bank_t [ReadPorts-1:0] read_bank;

  logic [Banks-1:0] taken;    // by anyone
  logic [Banks-1:0] drained;  // by the drain
  logic [Banks-1:0] loaded;   // by the load unit
  bank_row_t bank_row[Banks];

  assign drain_place = drain_write_i.address;
  assign load_place = load_write_i.address;
  assign drain_bank = {drain_place.group, drain_place.bank};
  assign load_bank = {load_place.group, load_place.bank};

  always_comb begin
    for (int unsigned port = 0; port < ReadPorts; port++) begin
      read_place[port] = read_i[port].address;
      read_bank[port] = {read_place[port].group, read_place[port].bank};
    end
  end

  // One block, so that no simulator has to settle grants and requests against each other.
  always_comb begin
    taken = '0;
    drained = '0;
    loaded = '0;
    load_write_grant_o = 1'b0;
    read_grant_o = '0;
    for (int unsigned bank = 0; bank < Banks; bank++) begin
      bank_row[bank] = '0;
    end

    if (drain_write_i.valid) begin
      taken[drain_bank] = 1'b1;
      drained[drain_bank] = 1'b1;
      bank_row[drain_bank] = drain_place.row;
    end
    if (load_write_i.valid && !taken[load_bank]) begin
      taken[load_bank] = 1'b1;
      loaded[load_bank] = 1'b1;
      bank_row[load_bank] = load_place.row;
      load_write_grant_o = 1'b1;
    end
    for (int unsigned port = 0; port < ReadPorts; port++) begin
      if (read_i[port].valid && !taken[read_bank[port]]) begin
        taken[read_bank[port]] = 1'b1;
        bank_row[read_bank[port]] = read_place[port].row;
        read_grant_o[port] = 1'b1;
      end
    end
  end

  // --- Banks ---------------------------------------------------------------------------------------------------------
  row_t bank_data[Banks];

  for (genvar bank = 0; bank < Banks; bank++) begin : gen_banks
    logic [8*Dim-1:0] mem[BankRows]  /* verilator public_flat_rw */;

    always_ff @(posedge clk_i) begin
      if (taken[bank]) begin
        if (drained[bank]) begin
          mem[bank_row[bank]] <= drain_write_i.data;
        end else if (loaded[bank]) begin
          mem[bank_row[bank]] <= load_write_i.data;
        end else begin
          bank_data[bank] <= mem[bank_row[bank]];
        end
      end
    end
  end

  // --- Back to the ports ---------------------------------------------------------------------------------------------
  bank_t [ReadPorts-1:0] read_bank_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned port = 0; port < ReadPorts; port++) begin
      if (read_grant_o[port]) begin
        read_bank_q[port] <= read_bank[port];
      end
    end
  end

  always_comb begin
    for (int unsigned port = 0; port < ReadPorts; port++) begin
      read_data_o[port] = bank_data[read_bank_q[port]];
    end
  end

  // --- Assertions ----------------------------------------------------------------------------------------------------
  if (Banks != 16) begin : gen_bank_count
    $error("the scratchpad has %0d banks; addresses are split into four groups of four", Banks);
  end
  if (SpadRows != (1 << SpadAddressBits) || BankRowBits + 4 != SpadAddressBits) begin : gen_size
    $error("the scratchpad has %0d rows; it needs a power of two of at least 32", SpadRows);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert ((drained & loaded) == '0)
      else $error("npu_spad: the drain and the load unit write one bank: %h and %h", drained, loaded);
      assert ($countones(taken) ==
              $countones(read_grant_o) + 32'(drain_write_i.valid) + 32'(load_write_grant_o))
      else $error("npu_spad: banks %h are taken and ports %h read", taken, read_grant_o);
      assert (!load_write_grant_o || load_write_i.valid)
      else $error("npu_spad: a grant for a write of the load unit that it did not ask for");
    end
  end
`endif

endmodule
