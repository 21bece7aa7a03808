// The store unit: moves from rows of the scratchpad to DRAM. One side reads rows, the other sends addresses of bursts
// and then their beats, cut from the stream of bytes between them. A command is done, and signals, with the response
// to its last burst; the next one begins before that. What an address has promised to the bus is delivered also after
// a halt, with no byte enabled.
module npu_store
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic command_valid_i,
  input  command_t command_i,
  output logic command_ready_o,

  output wait_request_t wait_o,
  input  logic wait_grant_i,
  output signal_request_t signal_o,
  input  logic signal_grant_i,

  output read_request_t read_o,
  input  logic read_grant_i,
  input  row_t read_data_i,

  output logic burst_valid_o,
  output logic [31:0] burst_address_o,  // a multiple of BusBytes
  output logic [3:0] burst_beats_m1_o,
  input  logic burst_ready_i,

  output logic beat_valid_o,
  output logic [8*BusBytes-1:0] beat_data_o,
  output logic [BusBytes-1:0] beat_strobe_o,
  output logic beat_last_o,
  input  logic beat_ready_i,

  input  logic response_valid_i,        // always taken
  input  logic response_error_i,

  output error_t error_o,
  output activity_t activity_o,
  output logic busy_o  // a command is not finished; after a halt: a burst is outstanding
);

  localparam int unsigned Bursts = 16;  // outstanding
  localparam int unsigned Signals = 4;  // of commands that have begun
  localparam int unsigned BeatBits = $clog2(BusBytes);
  localparam int unsigned BeatBytesBits = $clog2(BusBytes + 1);
  localparam int unsigned BurstBytesBits = $clog2(BurstBeats * BusBytes + 1);
  localparam int unsigned RowBytesBits = $clog2(Dim + 1);
  // A row that comes, one that is asked for, and two beats.
  localparam int unsigned Capacity = 2 * Dim + 2 * BusBytes;
  localparam int unsigned CountBits = $clog2(Capacity + 1);
  localparam int unsigned SignalsBits = $clog2(Signals + 1);

  // A burst whose beats are owed, and one whose response is.
  typedef struct packed {
    index_t index;
    logic [BeatBits-1:0] place;  // of the first byte in its beat
    logic [BurstBytesBits-1:0] bytes;
  } data_t;

  typedef struct packed {
    index_t index;
    logic [3:0] id;
  } signal_t;

  typedef struct packed {
    signal_t signal;
    logic signals;               // it is the last of a command that signals
    logic [31:0] address;        // of the first byte
  } response_t;

  logic failed_q, stop;          // an error of this unit stops it before the halt comes back
  assign stop = halt_i || failed_q;

  // --- Commands ------------------------------------------------------------------------------------------------------
  npu_move_pkg::strides_t strides_q;
  npu_move_pkg::step_t step;
  logic head, illegal, take;     // of the queue
  logic alone;                   // nothing before it is unfinished
  signal_t front_signal_q;
  logic front_signals_q;
  logic [SignalsBits-1:0] signals_owed_q;
  logic bursts_active, rows_active, data_there, response_there;

  always_comb begin
    unique case (command_i.word[7:0])
      SET_STORE_OP: step = npu_move_pkg::step_of_setting();
      STORE_OP: step = npu_move_pkg::step_of_move(command_i.word[127:0], strides_q);
      WAIT_SEM_OP: step = npu_move_pkg::step_of_wait(command_i.word[127:0]);
      SIGNAL_SEM_OP: step = npu_move_pkg::step_of_signal(command_i.word[127:0]);
      default: step = '0;
    endcase
  end

  logic unused_word;
  assign unused_word = ^command_i.word[255:128];

  assign alone = !response_there && !data_there;

  always_comb begin
    head = command_valid_i && !bursts_active && !rows_active && !stop;
    if (step.signals) begin
      // A signal without a move has no response to come with.
      head = head && signals_owed_q != SignalsBits'(Signals) && (step.moves || alone);
    end
    illegal = head && (!step.known || step.wrong_size);
    wait_o = step.waits;
    wait_o.valid = head && !illegal && step.waits.valid;
  end
  assign take = head && !illegal && (!step.waits.valid || wait_grant_i);
  assign command_ready_o = take;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      strides_q <= '0;
      front_signal_q <= '0;
      front_signals_q <= 1'b0;
      signals_owed_q <= '0;
    end else begin
      if (take) begin
        front_signal_q <= '{index: command_i.index, id: step.signal_id};
        front_signals_q <= step.signals;
        if (step.sets) begin
          strides_q <= npu_move_pkg::strides_of_store(command_i.word[127:0]);
        end
      end
      signals_owed_q <= signals_owed_q + SignalsBits'(take && step.signals) -
                        SignalsBits'(signal_o.valid && signal_grant_i);
    end
  end

  // --- Addresses -----------------------------------------------------------------------------------------------------
  logic bursts_outside, bursts_last, burst_taken;
  logic [31:0] bursts_address;
  logic [BurstBytesBits-1:0] bursts_bytes;
  logic data_room, data_end, response_room;
  data_t data_owed, data;
  response_t response_owed, response;
  logic [$clog2(Bursts+1)-1:0] unused_data_usage, unused_response_usage;

  npu_bursts bursts (
    .clk_i,
    .rst_ni,
    .start_i(take && step.moves),
    .dram_i(step.dram),
    .active_o(bursts_active),
    .address_o(bursts_address),
    .outside_o(bursts_outside),
    .bytes_o(bursts_bytes),
    .beats_m1_o(burst_beats_m1_o),
    .last_o(bursts_last),
    .next_i(burst_taken)
  );

  assign burst_valid_o = bursts_active && !bursts_outside && data_room && response_room && !stop;
  assign burst_address_o = {bursts_address[31:BeatBits], BeatBits'(0)};
  assign burst_taken = burst_valid_o && burst_ready_i;

  assign data_owed = '{index: front_signal_q.index, place: bursts_address[BeatBits-1:0], bytes: bursts_bytes};
  assign response_owed = '{
    signal: front_signal_q,
    signals: front_signals_q && bursts_last,
    address: bursts_address
  };

  npu_fifo #(.T(data_t), .Depth(Bursts)) data_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(burst_taken),
    .data_i(data_owed),
    .ready_o(data_room),
    .valid_o(data_there),
    .data_o(data),
    .ready_i(data_end),
    .usage_o(unused_data_usage)
  );

  npu_fifo #(.T(response_t), .Depth(Bursts)) response_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(burst_taken),
    .data_i(response_owed),
    .ready_o(response_room),
    .valid_o(response_there),
    .data_o(response),
    .ready_i(response_valid_i),
    .usage_o(unused_response_usage)
  );

  // --- Rows ----------------------------------------------------------------------------------------------------------
  logic rows_outside, row_taken, unused_rows_last;
  logic [16:0] rows_address;
  logic [RowBytesBits-1:0] row_bytes, coming_bytes_q;
  logic [CountBits-1:0] count, reserved_q;  // bytes that are there; and with those that are asked for
  logic [BeatBytesBits-1:0] pop_bytes;
  logic [BusBytes-1:0][7:0] next_bytes;

  npu_rows rows (
    .clk_i,
    .rst_ni,
    .start_i(take && step.moves),
    .rows_i(step.rows),
    .active_o(rows_active),
    .address_o(rows_address),
    .outside_o(rows_outside),
    .bytes_o(row_bytes),
    .last_o(unused_rows_last),
    .next_i(row_taken)
  );

  assign read_o = '{
    valid: rows_active && !rows_outside && reserved_q <= CountBits'(Capacity - Dim) && !stop,
    address: rows_address[SpadAddressBits-1:0]
  };
  assign row_taken = read_o.valid && read_grant_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      coming_bytes_q <= '0;
      reserved_q <= '0;
    end else begin
      coming_bytes_q <= row_taken ? row_bytes : '0;
      reserved_q <= reserved_q + (row_taken ? CountBits'(row_bytes) : '0) - CountBits'(pop_bytes);
    end
  end

  npu_bytes #(.InBytes(Dim), .OutBytes(BusBytes), .Capacity(Capacity)) bytes (
    .clk_i,
    .rst_ni,
    .push_bytes_i(coming_bytes_q),
    .push_data_i(read_data_i),
    .count_o(count),
    .data_o(next_bytes),
    .pop_bytes_i(pop_bytes)
  );

  // --- Beats ---------------------------------------------------------------------------------------------------------
  logic beat, beat_first_q;
  logic abandoned_q;                        // bytes are no longer sent, only what is owed
  logic [BeatBits-1:0] place;               // of the first byte in the beat
  logic [BurstBytesBits-1:0] left_q, left;  // of the burst
  logic [BeatBytesBits-1:0] room, beat_bytes;

  always_comb begin
    place = beat_first_q ? data.place : '0;
    left = beat_first_q ? data.bytes : left_q;
    room = BeatBytesBits'(BusBytes) - BeatBytesBits'(place);
    beat_last_o = left <= BurstBytesBits'(room);
    beat_bytes = beat_last_o ? BeatBytesBits'(left) : room;
    beat_valid_o = data_there && (abandoned_q || count >= CountBits'(beat_bytes));
    beat_strobe_o = '0;
    if (!abandoned_q) begin
      beat_strobe_o = ~({BusBytes{1'b1}} << beat_bytes) << place;
    end
    // Bytes of the next beat may come while this one waits; the bus is not to see them.
    beat_data_o = next_bytes << {place, 3'b000};
    for (int unsigned lane = 0; lane < BusBytes; lane++) begin
      if (!beat_strobe_o[lane]) begin
        beat_data_o[8*lane+:8] = 8'd0;
      end
    end
    beat = beat_valid_o && beat_ready_i;
    pop_bytes = beat && !abandoned_q ? beat_bytes : '0;
  end
  assign data_end = beat && beat_last_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_first_q <= 1'b1;
      left_q <= '0;
      abandoned_q <= 1'b0;
    end else begin
      if (beat) begin
        beat_first_q <= beat_last_o;
        left_q <= left - BurstBytesBits'(beat_bytes);
      end
      // A beat that the bus has seen keeps its bytes.
      if (stop && (!beat_valid_o || beat_ready_i)) begin
        abandoned_q <= 1'b1;
      end
    end
  end

  // --- Signals -------------------------------------------------------------------------------------------------------
  logic signal_make, signal_there, unused_signal_room;
  signal_t signal_made, signal;
  logic [SignalsBits-1:0] unused_signal_usage;

  always_comb begin
    if (response_valid_i) begin
      signal_make = response.signals;
      signal_made = response.signal;
    end else begin
      signal_make = take && step.signals && !step.moves;
      signal_made = '{index: command_i.index, id: step.signal_id};
    end
  end

  npu_fifo #(.T(signal_t), .Depth(Signals)) signal_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(signal_make),
    .data_i(signal_made),
    .ready_o(unused_signal_room),
    .valid_o(signal_there),
    .data_o(signal),
    .ready_i(signal_o.valid && signal_grant_i),
    .usage_o(unused_signal_usage)
  );

  assign signal_o = '{valid: signal_there && !stop, id: signal.id};

  // --- Errors --------------------------------------------------------------------------------------------------------
  always_comb begin
    error_o = '0;
    if (!stop) begin
      // The oldest command's first.
      if (response_valid_i && response_error_i) begin
        error_o = '{
          valid: 1'b1, code: CODE_ERROR_BUS_WRITE, address: response.address, index: response.signal.index
        };
      end else if (rows_active && rows_outside) begin
        error_o = '{
          valid: 1'b1, code: CODE_ERROR_SCRATCHPAD_ADDRESS, address: 32'(rows_address), index: front_signal_q.index
        };
      end else if (bursts_active && bursts_outside) begin
        error_o = '{
          valid: 1'b1, code: CODE_ERROR_MEMORY_ADDRESS, address: bursts_address, index: front_signal_q.index
        };
      end else if (illegal) begin
        error_o = '{
          valid: 1'b1, code: CODE_ERROR_ILLEGAL_COMMAND, address: 32'(step.size), index: command_i.index
        };
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      failed_q <= 1'b0;
    end else if (error_o.valid) begin
      failed_q <= 1'b1;
    end
  end

  // --- What it did ---------------------------------------------------------------------------------------------------
  index_t activity_index_q;

  always_comb begin
    activity_o.index = data_there ? data.index : front_signal_q.index;
    if (stop) begin
      activity_o = '{cause: CODE_CAUSE_HALT, index: activity_index_q};
    end else if (beat || row_taken) begin
      activity_o.cause = CODE_CAUSE_BUSY;
    end else if (beat_valid_o) begin
      activity_o.cause = CODE_CAUSE_BUS_DATA;
    end else if (burst_valid_o && !burst_ready_i) begin
      activity_o.cause = CODE_CAUSE_BUS_ADDRESS;
    end else if (read_o.valid) begin
      activity_o.cause = CODE_CAUSE_BANK;
    end else if (data_there || rows_active || bursts_active) begin
      activity_o.cause = CODE_CAUSE_SETUP;
    end else if (response_there) begin
      activity_o = '{cause: CODE_CAUSE_BUS_RESPONSE, index: response.signal.index};
    end else if (signal_there) begin
      activity_o = '{cause: CODE_CAUSE_SIGNAL, index: signal.index};
    end else if (wait_o.valid && !wait_grant_i) begin
      activity_o = '{cause: CODE_CAUSE_WAIT, index: command_i.index};
    end else if (command_valid_i) begin
      activity_o = '{cause: CODE_CAUSE_SETUP, index: command_i.index};
    end else begin
      activity_o = '{cause: CODE_CAUSE_IDLE, index: activity_index_q};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      activity_index_q <= '0;
    end else begin
      activity_index_q <= activity_o.index;
    end
  end

  assign busy_o =
    stop ? response_there : command_valid_i || bursts_active || rows_active || response_there || signal_there;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!response_valid_i || response_there)
      else $error("npu_store: a response without a burst");
      assert (!data_there || response_there)
      else $error("npu_store: a response came before the last beat of its burst");
      assert (!signal_make || unused_signal_room)
      else $error("npu_store: the signal of command %0d is lost", signal_made.index);
      assert (32'(reserved_q) == 32'(count) + 32'(coming_bytes_q))
      else $error("npu_store: %0d bytes are reserved, %0d there and %0d coming", reserved_q, count, coming_bytes_q);
      assert (stop || rows_active || bursts_active || data_there || reserved_q == '0)
      else $error("npu_store: %0d bytes that no burst takes", reserved_q);
    end
  end
`endif

endmodule
