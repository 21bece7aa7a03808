// Takes the commands of the execute queue in order. While one runs, the next is decoded, its products are made and its
// semaphore is awaited, and the loader may begin on it; its window begins when the one before has left the datapath
// and has signalled.
module npu_sequencer
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
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

  // The job that is ready; it stands until both have begun on it.
  output job_t job_o,
  output logic loader_start_o,
  input  logic loader_idle_i,
  output logic loader_ahead_o,   // what the loader reads is for a job whose window has not begun
  output logic window_start_o,
  input  logic window_done_i,    // its last pixel has been issued
  input  logic job_end_i,        // ... and has left the datapath

  output error_t error_o,

  // For the account of cycles.
  output logic [3:0] cause_o,    // of a cycle in which the window has no pixels to issue
  output index_t index_o,
  output logic running_o,        // the window has
  output logic busy_o
);

  // --- The next command --------------------------------------------------------------------------------------------
  // What a job needs of its word is the setup's.
  /* verilator lint_off UNUSEDSIGNAL */
  conv_t word;
  sync_t sync;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0] op;

  assign word = command_i.word[$bits(conv_t)-1:0];
  assign sync = command_i.word[$bits(sync_t)-1:0];
  assign op = command_i.word[7:0];

  typedef enum logic [2:0] {NextTake, NextSetup, NextWait, NextOffer, NextSyncWait, NextSyncSignal} next_e;
  typedef enum logic [1:0] {RunIdle, RunIssue, RunDrain, RunSignal} run_e;

  next_e next_q, next_d;
  run_e run_q, run_d;

  logic take, is_set, is_wait, is_signal, is_kick;
  assign is_set = op inside {SET_INPUT_OP, SET_KERNEL_OP, SET_RESULT_OP, SET_RESIDUAL_OP, SET_TOTAL_OP};
  assign is_wait = op == WAIT_SEM_OP;
  assign is_signal = op == SIGNAL_SEM_OP;
  assign is_kick = !is_set && !is_wait && !is_signal;
  assign take = next_q == NextTake && command_valid_i && !halt_i;
  assign command_ready_o = take;

  wait_request_t wait_q;            // valid: the command has a wait
  signal_request_t signal_q;        // of the next command
  signal_request_t run_signal_q;    // of the running one
  index_t index_q, run_index_q;

  block_t block_q;    // the first that no command has yet
  job_t job;
  logic known, checked;
  error_t setup_error;

  npu_setup u_setup (
    .clk_i,
    .rst_ni,
    .halt_i,
    .set_i(take && is_set),
    .kick_i(take && is_kick),
    .command_i,
    .block_i(block_q),
    .known_o(known),
    .job_o(job),
    .checked_o(checked),
    .error_o(setup_error)
  );

  always_comb begin
    error_o = setup_error;
    if (take && is_kick && !known) begin
      error_o.valid = 1'b1;
      error_o.code = CODE_ERROR_ILLEGAL_COMMAND;
      error_o.address = '0;
      error_o.index = command_i.index;
    end
  end

  // --- Start: the loader as soon as it is free, the window when the job before has ended -----------------------------------
  logic loads, loader_begun_q, run_free;
  assign loads = job.bias || job.config_.per_channel || job.tile == TileRows || job.tile == TileDiagonal;
  assign run_free = run_q == RunIdle || (run_q == RunSignal && signal_grant_i) ||
                    (run_q == RunDrain && job_end_i && !run_signal_q.valid);
  assign job_o = job;
  assign loader_start_o = next_q == NextOffer && !halt_i && loads && !loader_begun_q && loader_idle_i;
  assign window_start_o = next_q == NextOffer && !halt_i && (!loads || loader_begun_q || loader_idle_i) && run_free;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loader_begun_q <= 1'b0;
    end else if (window_start_o) begin
      loader_begun_q <= 1'b0;
    end else if (loader_start_o) begin
      loader_begun_q <= 1'b1;
    end
  end
  assign loader_ahead_o = loader_begun_q;

  // --- States ----------------------------------------------------------------------------------------------------------
  always_comb begin
    next_d = next_q;
    unique case (next_q)
      NextTake: begin
        if (take && is_wait) begin
          next_d = NextSyncWait;
        end else if (take && is_signal) begin
          next_d = NextSyncSignal;
        end else if (take && is_kick) begin
          next_d = NextSetup;
        end
      end
      NextSetup: begin
        if (checked && !halt_i) begin
          next_d = wait_q.valid ? NextWait : NextOffer;
        end
      end
      NextWait, NextSyncWait: begin
        if (wait_grant_i && !halt_i) begin
          next_d = next_q == NextWait ? NextOffer : NextTake;
        end
      end
      NextOffer: begin
        if (window_start_o) begin
          next_d = NextTake;
        end
      end
      NextSyncSignal: begin
        if (run_q == RunIdle && signal_grant_i && !halt_i) begin
          next_d = NextTake;
        end
      end
      default: next_d = NextTake;
    endcase
  end

  always_comb begin
    run_d = run_q;
    unique case (run_q)
      RunIdle: ;
      RunIssue: if (window_done_i) run_d = RunDrain;
      RunDrain: if (job_end_i) run_d = run_signal_q.valid ? RunSignal : RunIdle;
      RunSignal: if (signal_grant_i && !halt_i) run_d = RunIdle;
      default: run_d = RunIdle;
    endcase
    if (window_start_o) begin
      run_d = RunIssue;
    end
  end

  always_comb begin
    wait_o = wait_q;
    wait_o.valid = (next_q == NextWait || next_q == NextSyncWait) && !halt_i;
  end

  always_comb begin
    signal_o = run_signal_q;
    signal_o.valid = run_q == RunSignal && !halt_i;
    if (next_q == NextSyncSignal && run_q == RunIdle) begin
      signal_o = signal_q;
      signal_o.valid = !halt_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_q <= NextTake;
      run_q <= RunIdle;
    end else begin
      next_q <= next_d;
      run_q <= run_d;
    end
  end

  // --- What the next command is, and the running one ---------------------------------------------------------------------
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      block_q <= '0;
      index_q <= '0;
      run_index_q <= '0;
      wait_q <= '0;
      signal_q <= '0;
      run_signal_q <= '0;
    end else begin
      if (take) begin
        index_q <= command_i.index;
        if (is_kick) begin
          block_q <= block_q + block_t'(word.nb) + 8'd1;
          wait_q <= '{valid: word.wait_, id: word.wait_id, count: word.wait_count};
          signal_q <= '{valid: word.signal, id: word.signal_id};
        end else begin
          wait_q <= '{valid: 1'b1, id: sync.id, count: sync.count};
          signal_q <= '{valid: 1'b1, id: sync.id};
        end
      end
      if (window_start_o) begin
        run_signal_q <= signal_q;
        run_index_q <= index_q;
      end
    end
  end

  // --- Account -----------------------------------------------------------------------------------------------------------
  assign running_o = run_q == RunIssue;
  assign busy_o = next_q != NextTake || run_q != RunIdle;

  always_comb begin
    index_o = index_q;
    cause_o = CODE_CAUSE_IDLE;
    if (run_q != RunIdle) begin
      index_o = run_index_q;
      cause_o = run_q == RunSignal ? CODE_CAUSE_SIGNAL : CODE_CAUSE_DRAIN;
    end else begin
      unique case (next_q)
        NextTake: begin
          if (command_valid_i) begin
            index_o = command_i.index;
            cause_o = CODE_CAUSE_SETUP;
          end
        end
        NextSyncWait, NextWait: cause_o = CODE_CAUSE_WAIT;
        NextSyncSignal: cause_o = CODE_CAUSE_SIGNAL;
        default: cause_o = CODE_CAUSE_SETUP;
      endcase
    end
  end

  // --- Assertions --------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!job_end_i || run_q == RunDrain)
      else $error("npu_sequencer: a job has ended in state %0d of the running one", run_q);
      assert (!window_done_i || run_q == RunIssue)
      else $error("npu_sequencer: the window is done in state %0d of the running job", run_q);
      assert (!loader_start_o || !loader_begun_q) else $error("npu_sequencer: the loader begins twice on a job");
    end
  end
`endif

endmodule
