// How the commands of the load and store queues read once their fields are sorted by side: DRAM in bytes, the
// scratchpad in rows. Load and store differ in direction alone, so both take a step from here.
package npu_move_pkg;
  import npu_types_pkg::*;

  // What set_load and set_store leave behind.
  typedef struct packed {
    logic [31:0] dram_b;
    logic [23:0] dram_r;
    logic [23:0] dram_p;
    logic [15:0] spad_b;
    logic [15:0] spad_r;
    logic [7:0] spad_p;
  } strides_t;

  // One side of a move: run_bytes from each address that the three counts reach.
  typedef struct packed {
    logic [31:0] address;
    logic [9:0] blocks_m1;
    logic [9:0] rows_m1;
    logic [13:0] pixels_m1;
    logic [31:0] block_stride;
    logic [23:0] row_stride;
    logic [23:0] pixel_stride;
    logic [19:0] run_bytes;
  } dram_t;

  typedef struct packed {
    logic [15:0] address;
    logic [9:0] blocks_m1;
    logic [9:0] rows_m1;
    logic [13:0] pixels_m1;
    logic [15:0] block_stride;
    logic [15:0] row_stride;
    logic [7:0] pixel_stride;
    logic [14:0] run_bytes;
  } rows_t;

  typedef struct packed {
    logic known;           // the opcode is one of this queue's
    logic wrong_size;      // of a run that has to fit a row
    logic [15:0] size;     // that size
    logic sets;            // strides
    logic moves;
    logic signals;         // when it is done
    logic [3:0] signal_id;
    wait_request_t waits;  // before it begins
    dram_t dram;
    rows_t rows;
  } step_t;

  // Bits in no field are not looked at: npu_dispatch has found them to be zero.
  // verilator lint_off UNUSEDSIGNAL

  function automatic step_t step_of_move(npu_sim_pkg::move_t word, strides_t strides);
    step_t step;
    logic joined;          // pixels that touch each other in DRAM are one run there
    step = '0;
    joined = strides.dram_p == 24'(word.c);
    step.known = 1'b1;
    step.wrong_size = word.c == '0 || 32'(word.c) > Dim;
    step.size = 16'(word.c);
    step.moves = 1'b1;
    step.signals = word.signal;
    step.signal_id = word.signal_id;
    step.waits = '{valid: word.wait_, id: word.wait_id, count: word.wait_count};
    step.dram = '{
      address: word.dram,
      blocks_m1: word.b,
      rows_m1: word.r,
      pixels_m1: joined ? 14'd0 : word.p,
      block_stride: strides.dram_b,
      row_stride: strides.dram_r,
      pixel_stride: strides.dram_p,
      run_bytes: joined ? (20'(word.p) + 20'd1) * 20'(word.c) : 20'(word.c)
    };
    step.rows = '{
      address: word.local_,
      blocks_m1: word.b,
      rows_m1: word.r,
      pixels_m1: word.p,
      block_stride: strides.spad_b,
      row_stride: strides.spad_r,
      pixel_stride: strides.spad_p,
      run_bytes: 15'(word.c)
    };
    return step;
  endfunction

  // Elements of one byte, or of four, which have to fit a row as lanes do: e of them, at most Dim.
  function automatic step_t step_of_run(npu_sim_pkg::run_t word, logic words, strides_t strides);
    step_t step;
    logic [14:0] elements;
    step = '0;
    elements = 15'(word.e) + 15'd1;
    step.known = 1'b1;
    step.wrong_size = words && 32'(elements) > Dim;
    step.size = 16'(elements);
    step.moves = 1'b1;
    step.signals = word.signal;
    step.signal_id = word.signal_id;
    step.waits = '{valid: word.wait_, id: word.wait_id, count: word.wait_count};
    step.dram.address = word.dram;
    step.dram.rows_m1 = word.r;
    step.dram.row_stride = strides.dram_r;
    step.dram.run_bytes = words ? 20'(elements) << 2 : 20'(elements);
    step.rows.address = word.local_;
    step.rows.rows_m1 = word.r;
    step.rows.row_stride = strides.spad_r;
    step.rows.run_bytes = words ? elements << 2 : elements;
    return step;
  endfunction

  function automatic step_t step_of_wait(npu_sim_pkg::sync_t word);
    step_t step;
    step = '0;
    step.known = 1'b1;
    step.waits = '{valid: 1'b1, id: word.id, count: word.count};
    return step;
  endfunction

  function automatic step_t step_of_signal(npu_sim_pkg::sync_t word);
    step_t step;
    step = '0;
    step.known = 1'b1;
    step.signals = 1'b1;
    step.signal_id = word.id;
    return step;
  endfunction

  function automatic step_t step_of_setting();
    step_t step;
    step = '0;
    step.known = 1'b1;
    step.sets = 1'b1;
    return step;
  endfunction

  function automatic strides_t strides_of_load(npu_sim_pkg::set_move_t word);
    return '{
      dram_b: word.src_b,
      dram_r: word.src_r,
      dram_p: word.src_p,
      spad_b: word.dst_b,
      spad_r: word.dst_r,
      spad_p: word.dst_p
    };
  endfunction

  function automatic strides_t strides_of_store(npu_sim_pkg::set_back_t word);
    return '{
      dram_b: word.dst_b,
      dram_r: word.dst_r,
      dram_p: word.dst_p,
      spad_b: word.src_b,
      spad_r: word.src_r,
      spad_p: word.src_p
    };
  endfunction
  // verilator lint_on UNUSEDSIGNAL
endpackage
