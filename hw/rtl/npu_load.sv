// The load unit: moves from DRAM into rows of the scratchpad. Its front takes commands in their order and sends bursts
// well ahead of the data; its back cuts the bytes that come into rows. A command that waits holds up the front alone,
// and one signals when its last row is written, so that loads follow each other without a gap on the bus.
module npu_load
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

  output logic burst_valid_o,
  output logic [31:0] burst_address_o,  // a multiple of BusBytes
  output logic [3:0] burst_beats_m1_o,
  input  logic burst_ready_i,

  input  logic beat_valid_i,
  input  logic [8*BusBytes-1:0] beat_data_i,
  input  logic beat_last_i,
  input  logic beat_error_i,
  output logic beat_ready_o,

  output write_request_t write_o,
  input  logic write_grant_i,

  output error_t error_o,
  output activity_t activity_o,
  output logic busy_o  // a command is not finished; after a halt: a burst is outstanding
);

  localparam int unsigned Bursts = 32;  // outstanding
  localparam int unsigned Jobs = 8;     // commands whose bursts are under way
  localparam int unsigned Signals = 4;
  localparam int unsigned BeatBits = $clog2(BusBytes);
  localparam int unsigned BeatBytesBits = $clog2(BusBytes + 1);
  localparam int unsigned RowBytesBits = $clog2(Dim + 1);
  // A row that waits for its bank and two beats: full rate without a look at this cycle's grant.
  localparam int unsigned Capacity = Dim + 2 * BusBytes;
  localparam int unsigned CountBits = $clog2(Capacity + 1);

  typedef struct packed {
    index_t index;
    logic [31:0] address;       // of the first byte
    logic [BeatBits-1:0] last;  // place of the last byte in its beat
  } burst_t;

  typedef struct packed {
    index_t index;
    logic [3:0] id;
  } signal_t;

  typedef struct packed {
    signal_t signal;
    logic signals;
    logic moves;                // else it is a signal alone
    npu_move_pkg::rows_t rows;
  } job_t;

  logic failed_q, stop;         // an error of this unit stops it before the halt comes back
  assign stop = halt_i || failed_q;

  // --- Front: from commands to bursts --------------------------------------------------------------------------------
  npu_move_pkg::strides_t strides_q;
  npu_move_pkg::step_t step;
  logic head, illegal, take;    // of the queue
  index_t front_index_q;
  logic bursts_active, bursts_outside, burst_taken, unused_bursts_last;
  logic [31:0] bursts_address;
  logic [8:0] bursts_bytes;
  burst_t burst_sent, burst;
  logic burst_room, burst_there, burst_end;
  job_t job_made, job;
  logic job_room, job_there, job_take;

  always_comb begin
    unique case (command_i.word[7:0])
      SET_LOAD_OP: step = npu_move_pkg::step_of_setting();
      LOAD_OP: step = npu_move_pkg::step_of_move(command_i.word[127:0], strides_q);
      LOAD_RUN_OP: step = npu_move_pkg::step_of_run(command_i.word[127:0], 1'b0, strides_q);
      LOAD_WORDS_OP: step = npu_move_pkg::step_of_run(command_i.word[127:0], 1'b1, strides_q);
      WAIT_SEM_OP: step = npu_move_pkg::step_of_wait(command_i.word[127:0]);
      SIGNAL_SEM_OP: step = npu_move_pkg::step_of_signal(command_i.word[127:0]);
      default: step = '0;
    endcase
  end

  logic unused_word;
  assign unused_word = ^command_i.word[255:128];

  assign head = command_valid_i && !bursts_active && job_room && !stop;
  assign illegal = head && (!step.known || step.wrong_size);

  always_comb begin
    wait_o = step.waits;
    wait_o.valid = head && !illegal && step.waits.valid;
  end
  assign take = head && !illegal && (!step.waits.valid || wait_grant_i);
  assign command_ready_o = take;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      strides_q <= '0;
      front_index_q <= '0;
    end else if (take) begin
      front_index_q <= command_i.index;
      if (step.sets) begin
        strides_q <= npu_move_pkg::strides_of_load(command_i.word[127:0]);
      end
    end
  end

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
    .last_o(unused_bursts_last),
    .next_i(burst_taken)
  );

  assign burst_valid_o = bursts_active && !bursts_outside && burst_room && !stop;
  assign burst_address_o = {bursts_address[31:BeatBits], BeatBits'(0)};
  assign burst_taken = burst_valid_o && burst_ready_i;
  assign burst_sent = '{
    index: front_index_q,
    address: bursts_address,
    last: bursts_address[BeatBits-1:0] + BeatBits'(bursts_bytes - 9'd1)
  };

  logic [$clog2(Bursts+1)-1:0] unused_burst_usage;
  logic [$clog2(Jobs+1)-1:0] unused_job_usage;
  logic [$clog2(Signals+1)-1:0] unused_signal_usage;

  npu_fifo #(.T(burst_t), .Depth(Bursts)) burst_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(burst_taken),
    .data_i(burst_sent),
    .ready_o(burst_room),
    .valid_o(burst_there),
    .data_o(burst),
    .ready_i(burst_end),
    .usage_o(unused_burst_usage)
  );

  assign job_made = '{
    signal: '{index: command_i.index, id: step.signal_id},
    signals: step.signals,
    moves: step.moves,
    rows: step.rows
  };

  npu_fifo #(.T(job_t), .Depth(Jobs)) job_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(take && (step.moves || step.signals)),
    .data_i(job_made),
    .ready_o(job_room),
    .valid_o(job_there),
    .data_o(job),
    .ready_i(job_take),
    .usage_o(unused_job_usage)
  );

  // --- Back: from beats to rows --------------------------------------------------------------------------------------
  logic beat, beat_first_q;
  logic [BeatBits-1:0] first_place, last_place;
  logic [BeatBytesBits-1:0] push_bytes;
  logic [CountBits-1:0] count;
  row_t row;
  logic rows_active, rows_outside, rows_last, row_written;
  logic [16:0] rows_address;
  logic [RowBytesBits-1:0] row_bytes;
  logic signal_make, signal_room, signal_there, job_signals_q;
  signal_t signal_made, signal, job_signal_q;

  assign beat_ready_o = stop || count <= CountBits'(Capacity - BusBytes);
  assign beat = beat_valid_i && beat_ready_o;
  assign burst_end = beat && beat_last_i;

  always_comb begin
    first_place = beat_first_q ? burst.address[BeatBits-1:0] : '0;
    last_place = beat_last_i ? burst.last : '1;
    push_bytes = '0;
    // Those of a beat with an error too: no row leaves after it.
    if (beat && !stop) begin
      push_bytes = BeatBytesBits'(last_place) - BeatBytesBits'(first_place) + BeatBytesBits'(1);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_first_q <= 1'b1;
    end else if (beat) begin
      beat_first_q <= beat_last_i;
    end
  end

  npu_bytes #(.InBytes(BusBytes), .OutBytes(Dim), .Capacity(Capacity)) bytes (
    .clk_i,
    .rst_ni,
    .push_bytes_i(push_bytes),
    .push_data_i(beat_data_i >> {first_place, 3'b000}),
    .count_o(count),
    .data_o(row),
    .pop_bytes_i(row_written ? row_bytes : '0)
  );

  npu_rows rows (
    .clk_i,
    .rst_ni,
    .start_i(job_take && job.moves),
    .rows_i(job.rows),
    .active_o(rows_active),
    .address_o(rows_address),
    .outside_o(rows_outside),
    .bytes_o(row_bytes),
    .last_o(rows_last),
    .next_i(row_written)
  );

  // A move may follow in the cycle after the last row of another; a signal alone waits for that one's own signal.
  always_comb begin
    job_take = 1'b0;
    if (job_there && !stop) begin
      job_take = job.moves ? !rows_active || (row_written && rows_last) : !rows_active && signal_room;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      job_signal_q <= '0;
      job_signals_q <= 1'b0;
    end else if (job_take) begin
      job_signal_q <= job.signal;
      job_signals_q <= job.signals;
    end
  end

  logic row_ready, signal_blocks;
  assign row_ready = rows_active && !rows_outside && count >= CountBits'(row_bytes) && !stop;
  assign signal_blocks = rows_last && job_signals_q && !signal_room;

  always_comb begin
    write_o.valid = row_ready && !signal_blocks;
    write_o.address = rows_address[SpadAddressBits-1:0];
    for (int unsigned place = 0; place < Dim; place++) begin
      write_o.data[place] = RowBytesBits'(place) < row_bytes ? row[place] : 8'd0;
    end
  end
  assign row_written = write_o.valid && write_grant_i;

  // --- Signals -------------------------------------------------------------------------------------------------------
  always_comb begin
    if (row_written && rows_last) begin
      signal_make = job_signals_q;
      signal_made = job_signal_q;
    end else begin
      signal_make = job_take && !job.moves;
      signal_made = job.signal;
    end
  end

  npu_fifo #(.T(signal_t), .Depth(Signals)) signal_fifo (
    .clk_i,
    .rst_ni,
    .valid_i(signal_make),
    .data_i(signal_made),
    .ready_o(signal_room),
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
      if (rows_active && rows_outside) begin
        error_o = '{
          valid: 1'b1, code: CODE_ERROR_SCRATCHPAD_ADDRESS, address: 32'(rows_address), index: job_signal_q.index
        };
      end else if (beat && beat_error_i) begin
        error_o = '{valid: 1'b1, code: CODE_ERROR_BUS_READ, address: burst.address, index: burst.index};
      end else if (bursts_active && bursts_outside) begin
        error_o = '{valid: 1'b1, code: CODE_ERROR_MEMORY_ADDRESS, address: bursts_address, index: front_index_q};
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
    activity_o.index = rows_active ? job_signal_q.index : activity_index_q;
    if (stop) begin
      activity_o.cause = CODE_CAUSE_HALT;
      activity_o.index = activity_index_q;
    end else if (row_written || beat) begin
      activity_o.cause = CODE_CAUSE_BUSY;
    end else if (write_o.valid) begin
      activity_o.cause = CODE_CAUSE_BANK;
    end else if (row_ready) begin
      activity_o.cause = CODE_CAUSE_SIGNAL;
    end else if (rows_active && burst_there) begin
      activity_o.cause = CODE_CAUSE_BUS_DATA;
    end else if (rows_active && burst_valid_o && !burst_ready_i) begin
      activity_o.cause = CODE_CAUSE_BUS_ADDRESS;
    end else if (rows_active) begin
      activity_o.cause = CODE_CAUSE_SETUP;
    end else if (signal_there) begin
      activity_o = '{cause: CODE_CAUSE_SIGNAL, index: signal.index};
    end else if (job_there) begin
      activity_o = '{cause: CODE_CAUSE_SETUP, index: job.signal.index};
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

  assign busy_o = stop ? burst_there : command_valid_i || bursts_active || job_there || rows_active || signal_there;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!beat_valid_i || burst_there)
      else $error("npu_load: a beat without a burst");
      assert (!beat || beat_last_i || last_place >= first_place)
      else $error("npu_load: a burst ends at place %0d of its beat and begins at %0d", last_place, first_place);
      assert (!signal_make || signal_room)
      else $error("npu_load: the signal of command %0d is lost", signal_made.index);
      assert (stop || rows_active || job_there || bursts_active || (count == '0 && !burst_there))
      else $error("npu_load: %0d bytes that no command has asked for", count);
    end
  end
`endif

endmodule
