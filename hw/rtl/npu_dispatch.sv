// Makes commands of the stream's words, refuses those that the description does not know, numbers them and puts each
// into its queue. What is legal here is decided by the generated package alone: an opcode, and the bits that have one
// value for it. Whether sizes and addresses fit is for the unit to say that runs the command.
module npu_dispatch
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
#(
  parameter int unsigned Units = 3       // numbered as QUEUE_LOAD, QUEUE_EXECUTE, QUEUE_STORE are
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,
  input  logic start_i,                  // a pulse: the next command is number 0
  // Words, from npu_fetch
  input  logic word_valid_i,
  input  logic [127:0] word_i,
  input  logic [31:0] word_address_i,
  input  logic word_last_i,
  output logic word_ready_o,
  output logic word_wanted_o,            // the next word would be taken, or looked at, if there were one
  output index_t word_index_o,           // of the command that the next word belongs to
  // Commands, to the queues
  output logic [Units-1:0] command_valid_o,
  output command_t command_o,
  input  logic [Units-1:0] command_ready_i,
  output index_t index_o,                // commands dispatched so far
  output error_t error_o,
  output logic busy_o
);
  localparam int unsigned QueueBits = $clog2(Units);

  typedef struct packed {
    logic is_long;                       // 256 bits
    logic is_legal;
    logic [QueueBits-1:0] unit;
  } decoded_t;

  localparam logic [QueueBits-1:0] Load = QueueBits'(QUEUE_LOAD);
  localparam logic [QueueBits-1:0] Execute = QueueBits'(QUEUE_EXECUTE);
  localparam logic [QueueBits-1:0] Store = QueueBits'(QUEUE_STORE);

  // --- Legality -----------------------------------------------------------------------------------------------------
  function automatic decoded_t set_word(logic [127:0] word, logic [127:0] mask, logic [127:0] bits,
                                        logic [QueueBits-1:0] unit);
    return '{is_long: 1'b0, is_legal: (word & mask) == bits, unit: unit};
  endfunction

  // A wait takes 1 or more; what says how to wait or to signal is 0 where there is none.
  function automatic logic is_sync_legal(logic is_wait, logic [3:0] wait_id, logic [7:0] count, logic is_signal,
                                         logic [3:0] signal_id);
    return is_wait == (count != '0) && (is_wait || wait_id == '0) && (is_signal || signal_id == '0);
  endfunction

  function automatic decoded_t move_word(logic [127:0] word, logic [127:0] mask, logic [127:0] bits,
                                         logic [QueueBits-1:0] unit);
    move_t move = move_t'(word);
    return '{
      is_long: 1'b0,
      is_legal: (word & mask) == bits &&
                is_sync_legal(move.wait_, move.wait_id, move.wait_count, move.signal, move.signal_id),
      unit: unit
    };
  endfunction

  function automatic decoded_t run_word(logic [127:0] word, logic [127:0] mask, logic [127:0] bits);
    run_t run = run_t'(word);
    return '{
      is_long: 1'b0,
      is_legal: (word & mask) == bits &&
                is_sync_legal(run.wait_, run.wait_id, run.wait_count, run.signal, run.signal_id),
      unit: Load
    };
  endfunction

  function automatic decoded_t conv_word(logic [255:0] word, logic [255:0] mask, logic [255:0] bits);
    conv_t conv = conv_t'(word);
    return '{
      is_long: 1'b1,
      is_legal: (word & mask) == bits &&
                is_sync_legal(conv.wait_, conv.wait_id, conv.wait_count, conv.signal, conv.signal_id),
      unit: Execute
    };
  endfunction

  function automatic decoded_t sync_word(logic [127:0] word, logic [127:0] mask, logic [127:0] bits, logic is_wait);
    sync_t sync = sync_t'(word);
    return '{
      is_long: 1'b0,
      is_legal: (word & mask) == bits && 32'(sync.queue) < Units && (!is_wait || sync.count != '0),
      unit: sync.queue
    };
  endfunction

  function automatic decoded_t decode(logic [255:0] word);
    logic [127:0] low = word[127:0];
    move_t move = move_t'(low);
    decoded_t found;
    unique case (move.op)
      SET_LOAD_OP:       found = set_word(low, SET_LOAD_MASK, SET_LOAD_BITS, Load);
      SET_STORE_OP:      found = set_word(low, SET_STORE_MASK, SET_STORE_BITS, Store);
      SET_INPUT_OP:      found = set_word(low, SET_INPUT_MASK, SET_INPUT_BITS, Execute);
      SET_KERNEL_OP:     found = set_word(low, SET_KERNEL_MASK, SET_KERNEL_BITS, Execute);
      SET_RESULT_OP:     found = set_word(low, SET_RESULT_MASK, SET_RESULT_BITS, Execute);
      SET_RESIDUAL_OP:   found = set_word(low, SET_RESIDUAL_MASK, SET_RESIDUAL_BITS, Execute);
      SET_TOTAL_OP:      found = set_word(low, SET_TOTAL_MASK, SET_TOTAL_BITS, Execute);
      LOAD_OP:           found = move_word(low, LOAD_MASK, LOAD_BITS, Load);
      LOAD_RUN_OP:       found = run_word(low, LOAD_RUN_MASK, LOAD_RUN_BITS);
      LOAD_WORDS_OP:     found = run_word(low, LOAD_WORDS_MASK, LOAD_WORDS_BITS);
      STORE_OP:          found = move_word(low, STORE_MASK, STORE_BITS, Store);
      CONV_OP:           found = conv_word(word, CONV_MASK, CONV_BITS);
      CONV_TENSOR_OP:    found = conv_word(word, CONV_TENSOR_MASK, CONV_TENSOR_BITS);
      CONV_ONCE_OP:      found = conv_word(word, CONV_ONCE_MASK, CONV_ONCE_BITS);
      CONV_CHANNEL_ONCE_OP: found = conv_word(word, CONV_CHANNEL_ONCE_MASK, CONV_CHANNEL_ONCE_BITS);
      CONV_ADD_OP:       found = conv_word(word, CONV_ADD_MASK, CONV_ADD_BITS);
      CONV_ADD_ONCE_OP:  found = conv_word(word, CONV_ADD_ONCE_MASK, CONV_ADD_ONCE_BITS);
      CONV_PACKED_OP:    found = conv_word(word, CONV_PACKED_MASK, CONV_PACKED_BITS);
      CONV_PACKED_ONCE_OP: found = conv_word(word, CONV_PACKED_ONCE_MASK, CONV_PACKED_ONCE_BITS);
      CONV_PACKED_ADD_OP: found = conv_word(word, CONV_PACKED_ADD_MASK, CONV_PACKED_ADD_BITS);
      CONV_PACKED_ADD_ONCE_OP: found = conv_word(word, CONV_PACKED_ADD_ONCE_MASK, CONV_PACKED_ADD_ONCE_BITS);
      MAX_POOL_OP:       found = conv_word(word, MAX_POOL_MASK, MAX_POOL_BITS);
      DEPTHWISE_OP:      found = conv_word(word, DEPTHWISE_MASK, DEPTHWISE_BITS);
      DEPTHWISE_ONCE_OP: found = conv_word(word, DEPTHWISE_ONCE_MASK, DEPTHWISE_ONCE_BITS);
      DEPTHWISE_CHANNEL_ONCE_OP:
        found = conv_word(word, DEPTHWISE_CHANNEL_ONCE_MASK, DEPTHWISE_CHANNEL_ONCE_BITS);
      CONV_START_OP:     found = conv_word(word, CONV_START_MASK, CONV_START_BITS);
      CONV_MORE_OP:      found = conv_word(word, CONV_MORE_MASK, CONV_MORE_BITS);
      DRAIN_OP:          found = conv_word(word, DRAIN_MASK, DRAIN_BITS);
      DRAIN_TENSOR_OP:   found = conv_word(word, DRAIN_TENSOR_MASK, DRAIN_TENSOR_BITS);
      DRAIN_ONCE_OP:     found = conv_word(word, DRAIN_ONCE_MASK, DRAIN_ONCE_BITS);
      DRAIN_CHANNEL_ONCE_OP: found = conv_word(word, DRAIN_CHANNEL_ONCE_MASK, DRAIN_CHANNEL_ONCE_BITS);
      ADD_OP:            found = conv_word(word, ADD_MASK, ADD_BITS);
      ADD_ONCE_OP:       found = conv_word(word, ADD_ONCE_MASK, ADD_ONCE_BITS);
      RESCALE_OP:        found = conv_word(word, RESCALE_MASK, RESCALE_BITS);
      WAIT_SEM_OP:       found = sync_word(low, WAIT_SEM_MASK, WAIT_SEM_BITS, 1'b1);
      SIGNAL_SEM_OP:     found = sync_word(low, SIGNAL_SEM_MASK, SIGNAL_SEM_BITS, 1'b0);
      default:           found = '{is_long: 1'b0, is_legal: 1'b0, unit: Load};
    endcase
    return found;
  endfunction

  // --- Assembly: the first word waits here, a second one is taken as it comes ---------------------------------------
  logic held_d, held_q, last_q, take, push, complete;
  logic [127:0] first_q;
  logic [31:0] address_q;
  index_t index_d, index_q;
  logic [255:0] word;
  decoded_t decoded;

  assign word = {word_i, first_q};
  assign decoded = decode(word);
  assign complete = held_q && !halt_i && (!decoded.is_long || word_valid_i);
  assign command_o.index = index_q;
  assign command_o.word = decoded.is_long ? word : 256'(first_q);
  assign index_o = index_q;
  assign busy_o = held_q;

  always_comb begin
    command_valid_o = '0;
    command_valid_o[decoded.unit] = complete && decoded.is_legal;
    push = complete && decoded.is_legal && command_ready_i[decoded.unit];
    // A second half leaves with its command; else the next word may come when there is room for it.
    take = word_valid_i && !halt_i && (!held_q || push);
    held_d = held_q;
    if (push) held_d = 1'b0;
    if (take && !(held_q && decoded.is_long)) held_d = 1'b1;
    index_d = start_i ? '0 : index_q + index_t'(push);
  end
  assign word_ready_o = !halt_i && (!held_q || push);
  assign word_wanted_o = !halt_i && (!held_q || push || decoded.is_long);
  assign word_index_o = index_q + index_t'(held_q && !decoded.is_long);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q <= 1'b0;
      index_q <= '0;
    end else begin
      held_q <= held_d;
      index_q <= index_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      first_q <= word_i;
      address_q <= word_address_i;
      last_q <= word_last_i;
    end
  end

  always_comb begin
    error_o = '{valid: 1'b0, code: CODE_ERROR_ILLEGAL_COMMAND, address: address_q, index: index_q};
    if (held_q && !halt_i && decoded.is_long && last_q) begin
      error_o.valid = 1'b1;
      error_o.code = CODE_ERROR_TRUNCATED_STREAM;
    end else if (complete && !decoded.is_legal) begin
      error_o.valid = 1'b1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert ($onehot0(command_valid_o)) else $error("npu_dispatch: a command for several queues: %b", command_valid_o);
      assert (!start_i || !held_q) else $error("npu_dispatch: start while a word is held");
    end
  end
`endif
endmodule
