// Reads a stream of commands from memory, ahead of what is done with it. A burst is asked for only when there is a
// place for each of its beats, so this client never holds up the read channel, on which loads depend as well.
module npu_fetch
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,
  input  logic start_i,                     // a pulse, while not busy
  input  logic [31:0] address_i,            // with start_i
  input  logic [31:0] bytes_i,
  // Bursts, to npu_axi_read
  output logic burst_valid_o,
  output logic [31:0] burst_address_o,
  output logic [3:0] burst_beats_m1_o,
  input  logic burst_ready_i,
  input  logic beat_valid_i,
  input  logic [127:0] beat_data_i,
  input  logic beat_error_i,
  output logic beat_ready_o,
  // Words, in the order of their addresses, to npu_dispatch
  output logic word_valid_o,
  output logic [127:0] word_o,
  output logic [31:0] word_address_o,
  output logic word_last_o,
  input  logic word_ready_i,
  input  logic word_wanted_i,               // the dispatcher has done with all words before the next one
  input  index_t word_index_i,              // of the command that the next one belongs to
  output error_t error_o,
  output logic busy_o
);
  localparam int unsigned Words = 2 * BurstBeats;
  localparam int unsigned UsageBits = $clog2(Words + 1);
  localparam int unsigned BeatShift = $clog2(BusBytes);
  localparam int unsigned CountBits = 32 - BeatShift;

  typedef struct packed {
    logic error;
    logic [127:0] data;
  } beat_t;

  beat_t beat, fifo_beat;
  logic fifo_valid, fifo_ready, beat_taken;
  logic [UsageBits-1:0] usage;
  logic [CountBits-1:0] place_d, place_q;               // of the next burst, in beats
  logic [CountBits-1:0] wanted_d, wanted_q;             // beats that no burst has asked for yet
  logic [CountBits-1:0] head_d, head_q;                 // place of the next word for the dispatcher
  logic [CountBits-1:0] left_d, left_q;                 // words that the dispatcher has not taken yet
  logic [UsageBits-1:0] expected_d, expected_q;         // beats that were asked for and have not come
  logic [4:0] beats;
  logic in_memory, word_taken;
  logic [63:0] start_in_memory;

  // --- The range ----------------------------------------------------------------------------------------------------
  // An address below the memory's base is a huge one here.
  assign start_in_memory = 64'(address_i) - 64'(DRAM_BASE);
  assign in_memory = address_i[BeatShift-1:0] == '0 && bytes_i[BeatShift-1:0] == '0 &&
                     start_in_memory <= 64'(DRAM_BYTES) && start_in_memory + 64'(bytes_i) <= 64'(DRAM_BYTES);

  // --- Bursts: up to the next multiple of the longest one -----------------------------------------------------------
  always_comb begin
    beats = 5'(BurstBeats) - 5'(place_q[3:0]);
    if (CountBits'(beats) > wanted_q) beats = 5'(wanted_q);
  end
  assign burst_valid_o = !halt_i && wanted_q != '0 && usage + expected_q + UsageBits'(beats) <= UsageBits'(Words);
  assign burst_address_o = {place_q, BeatShift'(0)};
  assign burst_beats_m1_o = 4'(beats - 5'd1);

  assign beat_taken = beat_valid_i && beat_ready_o;
  assign beat = '{error: beat_error_i, data: beat_data_i};

  npu_fifo #(
    .T(beat_t),
    .Depth(Words)
  ) u_words (
    .clk_i,
    .rst_ni,
    .valid_i(beat_valid_i),
    .data_i(beat),
    .ready_o(beat_ready_o),
    .valid_o(fifo_valid),
    .data_o(fifo_beat),
    .ready_i(fifo_ready),
    .usage_o(usage)
  );

  // --- Words --------------------------------------------------------------------------------------------------------
  assign word_valid_o = fifo_valid && !fifo_beat.error;
  assign word_o = fifo_beat.data;
  assign word_address_o = {head_q, BeatShift'(0)};
  assign word_last_o = left_q == CountBits'(1);
  assign word_taken = word_valid_o && word_ready_i;
  assign fifo_ready = word_ready_i && !fifo_beat.error;
  assign busy_o = left_q != '0;

  always_comb begin
    place_d = place_q;
    wanted_d = wanted_q;
    head_d = head_q;
    left_d = left_q;
    expected_d = expected_q - UsageBits'(beat_taken);
    if (burst_valid_o && burst_ready_i) begin
      place_d = place_q + CountBits'(beats);
      wanted_d = wanted_q - CountBits'(beats);
      expected_d = expected_d + UsageBits'(beats);
    end
    if (word_taken) begin
      head_d = head_q + CountBits'(1);
      left_d = left_q - CountBits'(1);
    end
    if (start_i && in_memory) begin
      place_d = address_i[31:BeatShift];
      head_d = address_i[31:BeatShift];
      wanted_d = bytes_i[31:BeatShift];
      left_d = bytes_i[31:BeatShift];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      place_q <= '0;
      wanted_q <= '0;
      head_q <= '0;
      left_q <= '0;
      expected_q <= '0;
    end else begin
      place_q <= place_d;
      wanted_q <= wanted_d;
      head_q <= head_d;
      left_q <= left_d;
      expected_q <= expected_d;
    end
  end

  // A beat that came with an error is one when it is its word's turn: what was before it in the stream is dispatched.
  always_comb begin
    error_o = '0;
    if (start_i && !in_memory) begin
      error_o = '{valid: 1'b1, code: CODE_ERROR_MEMORY_ADDRESS, address: address_i, index: '0};
    end else if (!halt_i && word_wanted_i && fifo_valid && fifo_beat.error) begin
      error_o = '{valid: 1'b1, code: CODE_ERROR_BUS_READ, address: word_address_o, index: word_index_i};
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !busy_o) else $error("npu_fetch: start with %0d words left", left_q);
      assert (!beat_valid_i || beat_ready_o) else $error("npu_fetch: a beat without a place");
      assert (!beat_valid_i || expected_q != '0) else $error("npu_fetch: a beat that no burst asked for");
    end
  end
`endif
endmodule
