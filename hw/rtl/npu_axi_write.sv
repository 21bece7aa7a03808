// The write half of the AXI4 master, for one client. A burst once offered to the bus stays there whatever the client
// does, and its client owes all its beats; beats of a burst may be on the bus before its address is taken, never before
// it is offered.
module npu_axi_write
  import npu_types_pkg::*;
#(
  parameter int unsigned Outstanding = 16  // bursts without a response
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic burst_valid_i,
  input  logic [31:0] burst_address_i,  // a multiple of BusBytes
  input  logic [3:0] burst_beats_m1_i,
  output logic burst_ready_o,

  input  logic beat_valid_i,            // in the order of the bursts, after the burst's handshake
  input  logic [8*BusBytes-1:0] beat_data_i,
  input  logic [BusBytes-1:0] beat_strobe_i,
  input  logic beat_last_i,
  output logic beat_ready_o,

  output logic response_valid_o,        // one a burst, in their order
  output logic response_error_o,

  output logic quiet_o,                 // nothing is offered or outstanding

  output logic [1:0] m_axi_awid_o,
  output logic [31:0] m_axi_awaddr_o,
  output logic [7:0] m_axi_awlen_o,
  output logic [2:0] m_axi_awsize_o,
  output logic [1:0] m_axi_awburst_o,
  output logic m_axi_awlock_o,
  output logic [3:0] m_axi_awcache_o,
  output logic [2:0] m_axi_awprot_o,
  output logic [3:0] m_axi_awqos_o,
  output logic m_axi_awvalid_o,
  input  logic m_axi_awready_i,

  output logic [8*BusBytes-1:0] m_axi_wdata_o,
  output logic [BusBytes-1:0] m_axi_wstrb_o,
  output logic m_axi_wlast_o,
  output logic m_axi_wvalid_o,
  input  logic m_axi_wready_i,

  input  logic [1:0] m_axi_bid_i,
  input  logic [1:0] m_axi_bresp_i,
  input  logic m_axi_bvalid_i,
  output logic m_axi_bready_o
);

  localparam int unsigned CountBits = $clog2(Outstanding + 1);
  localparam logic [1:0] Incrementing = 2'b01;
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] ExclusiveOkay = 2'b01;

  typedef struct packed {
    logic [31:0] address;
    logic [3:0] beats_m1;
  } burst_t;

  // --- AW ------------------------------------------------------------------------------------------------------------
  burst_t burst_q;
  logic burst_valid_q;
  logic [CountBits-1:0] outstanding_q;  // offered ones included
  logic accept;

  assign burst_ready_o = (!burst_valid_q || m_axi_awready_i) && outstanding_q != CountBits'(Outstanding);
  assign accept = burst_valid_i && burst_ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      burst_valid_q <= 1'b0;
      burst_q <= '0;
    end else if (accept) begin
      burst_valid_q <= 1'b1;
      burst_q <= '{address: burst_address_i, beats_m1: burst_beats_m1_i};
    end else if (m_axi_awready_i) begin
      burst_valid_q <= 1'b0;
    end
  end

  assign m_axi_awid_o = 2'd0;
  assign m_axi_awaddr_o = burst_q.address;
  assign m_axi_awlen_o = {4'b0, burst_q.beats_m1};
  assign m_axi_awsize_o = 3'($clog2(BusBytes));
  assign m_axi_awburst_o = Incrementing;
  assign m_axi_awlock_o = 1'b0;
  assign m_axi_awcache_o = 4'b0011;  // normal memory, not cached, may be buffered
  assign m_axi_awprot_o = 3'b000;
  assign m_axi_awqos_o = 4'b0000;
  assign m_axi_awvalid_o = burst_valid_q;

  // --- W, B ----------------------------------------------------------------------------------------------------------
  assign m_axi_wdata_o = beat_data_i;
  assign m_axi_wstrb_o = beat_strobe_i;
  assign m_axi_wlast_o = beat_last_i;
  assign m_axi_wvalid_o = beat_valid_i;
  assign beat_ready_o = m_axi_wready_i;

  assign m_axi_bready_o = 1'b1;
  assign response_valid_o = m_axi_bvalid_i;
  assign response_error_o = m_axi_bresp_i != Okay && m_axi_bresp_i != ExclusiveOkay;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      outstanding_q <= '0;
    end else begin
      outstanding_q <= outstanding_q + CountBits'(accept) - CountBits'(m_axi_bvalid_i);
    end
  end

  assign quiet_o = outstanding_q == '0;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  typedef struct packed {
    logic [8*BusBytes-1:0] data;
    logic [BusBytes-1:0] strobe;
    logic last;
  } beat_t;

  burst_t past_burst_q;
  beat_t beat, past_beat_q;
  logic past_burst_waits_q, past_beat_waits_q;

  assign beat = '{data: m_axi_wdata_o, strobe: m_axi_wstrb_o, last: m_axi_wlast_o};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      past_burst_waits_q <= 1'b0;
      past_burst_q <= '0;
      past_beat_waits_q <= 1'b0;
      past_beat_q <= '0;
    end else begin
      past_burst_waits_q <= m_axi_awvalid_o && !m_axi_awready_i;
      past_burst_q <= burst_q;
      past_beat_waits_q <= m_axi_wvalid_o && !m_axi_wready_i;
      past_beat_q <= beat;
    end
  end

  npu_axi_order #(.Ids(1), .Outstanding(Outstanding)) order (
    .clk_i,
    .rst_ni,
    .burst_i(accept),
    .burst_id_i(1'b0),
    .burst_beats_m1_i(burst_beats_m1_i),
    .beat_i(m_axi_wvalid_o && m_axi_wready_i),
    .beat_id_i(1'b0),
    .beat_last_i(m_axi_wlast_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!past_burst_waits_q || (m_axi_awvalid_o && burst_q == past_burst_q))
      else $error("npu_axi_write: AW changed before it was taken, from %h to %h", past_burst_q, burst_q);
      assert (!past_beat_waits_q || (m_axi_wvalid_o && beat == past_beat_q))
      else $error("npu_axi_write: W changed before it was taken, from %h to %h", past_beat_q, beat);
      assert (!m_axi_awvalid_o || m_axi_awaddr_o[3:0] == '0)
      else $error("npu_axi_write: address %h is no multiple of %0d", m_axi_awaddr_o, BusBytes);
      assert (!m_axi_awvalid_o || 9'(m_axi_awaddr_o[11:4]) + 9'(m_axi_awlen_o) < 9'd256)
      else $error("npu_axi_write: %0d beats from %h on cross 4 KiB", m_axi_awlen_o + 1, m_axi_awaddr_o);
      assert (!m_axi_bvalid_i || (outstanding_q != '0 && m_axi_bid_i == '0))
      else $error("npu_axi_write: a response with ID %0d, and %0d bursts are outstanding", m_axi_bid_i, outstanding_q);
    end
  end
`endif

endmodule
