// What the modules pass to each other. Everything that a command's encoding, a size of a memory or a register's offset
// decides comes from npu_sim_pkg, which is generated from targets/npu-sim/target.yaml.
package npu_types_pkg;
  import npu_sim_pkg::*;

  // --- Sizes -----------------------------------------------------------------------------------------------------
  localparam int unsigned Dim = unsigned'(int'(DIM));                        // rows and columns of the array
  localparam int unsigned SpadRows = unsigned'(int'(SPAD_BYTES)) / Dim;      // a row is Dim bytes
  localparam int unsigned SpadAddressBits = $clog2(SpadRows);
  localparam int unsigned SpadBanks = unsigned'(int'(SPAD_BANKS));
  localparam int unsigned AccRows = unsigned'(int'(ACC_BYTES)) / (4 * Dim);  // a row is Dim sums of 32 bits
  localparam int unsigned AccAddressBits = $clog2(AccRows);
  // Rows from here on are a command's own; those below are the description's memory `acc`.
  localparam int unsigned AccInnerBase = unsigned'(int'(ACC_BYTES_2)) / (4 * Dim);
  localparam int unsigned BusBytes = unsigned'(int'(BUS_BYTES));  // of the AXI4 master
  localparam int unsigned PassCycles = unsigned'(int'(PASS_CYCLES));  // from one visit of a sum to the next, at least
  localparam int unsigned BurstBeats = 16;             // longest burst; none crosses BurstBeats * BusBytes bytes
  localparam int unsigned IndexBits = 16;              // of a command's number in its stream
  localparam int unsigned QueueDepth = unsigned'(int'(QUEUE_EXECUTE_DEPTH));
  localparam int unsigned OperandPorts = 4;            // rows of operands that are read in one cycle

  typedef logic [Dim-1:0][7:0] row_t;                  // a row of the scratchpad; byte 0 is the lowest address
  typedef logic [Dim-1:0][31:0] words_t;               // a row of sums
  typedef logic [SpadAddressBits-1:0] spad_address_t;  // counts rows
  typedef logic [AccAddressBits-1:0] acc_address_t;    // counts rows
  typedef logic [IndexBits-1:0] index_t;

  // --- Commands and their synchronisation --------------------------------------------------------------------------
  typedef struct packed {
    index_t index;        // the command's number in its stream, from 0
    logic [255:0] word;   // shorter words have zeros above
  } command_t;

  typedef struct packed {
    logic valid;
    logic [3:0] id;
    logic [7:0] count;
  } wait_request_t;       // holds until granted; the grant takes `count` from the counter in that cycle

  typedef struct packed {
    logic valid;
    logic [3:0] id;
  } signal_request_t;     // holds until granted; the grant adds 1; none is given while the counter is at its maximum

  typedef struct packed {
    logic valid;          // a pulse; the first one is kept, with its details, and halts all units
    logic [7:0] code;     // npu_sim_pkg: CODE_ERROR_*
    logic [31:0] address;
    index_t index;
  } error_t;

  // What a unit did in a cycle, exactly one of these in each; the trace port and the counters are made of it.
  typedef struct packed {
    logic [3:0] cause;    // npu_sim_pkg: CODE_CAUSE_*
    index_t index;        // of the command that the cycle belongs to; with cause IDLE: of the last one, or 0
  } activity_t;

  // --- Scratchpad ports ----------------------------------------------------------------------------------------------
  typedef struct packed {
    logic valid;
    spad_address_t address;
  } read_request_t;       // granted or not in the same cycle; data comes in the next one

  typedef struct packed {
    logic valid;
    spad_address_t address;
    row_t data;
  } write_request_t;

  // Numbers of the read ports, in order of priority; writes come before all of them.
  localparam int unsigned ReadOperand = 0;                   // and the next three
  localparam int unsigned ReadResidual = OperandPorts;
  localparam int unsigned ReadWeight = OperandPorts + 1;     // and the next one
  localparam int unsigned ReadStore = OperandPorts + 3;
  localparam int unsigned ReadPorts = OperandPorts + 4;

  // --- Datapath --------------------------------------------------------------------------------------------------------
  typedef enum logic [1:0] {
    SwapRows,       // rows below `rows` of the shadow, zero above
    SwapDiagonal,   // column n keeps row n of the shadow, if n < rows
    SwapIdentity    // column n has 1 in row n: sums are the operand itself
  } swap_kind_e;

  typedef struct packed {
    logic valid;            // what lies in the shadow becomes active, before the operand that comes with it
    swap_kind_e kind;
    logic [$clog2(Dim+1)-1:0] rows;
  } swap_t;

  // Travels with every operand.
  typedef struct packed {
    logic first;              // the sum starts here: from the bias if `bias`, else from 0; not from the accumulator
    logic bias;
    logic maximum;            // max(sum, partial) instead of sum + partial; with `first` the partial itself
    logic last;               // the sum leaves for the drain and is not written back
    acc_address_t sum;        // row of the accumulator
    logic set;                // which of the two sets of parameters
    logic write;              // (with last) the drain writes a row
    spad_address_t out;       // where
    logic tile_end;           // last operand that uses this set of parameters
    logic job_end;            // last operand of the command
  } token_t;

  typedef struct packed {
    logic valid;
    logic set;
    logic [1:0] kind;         // ParameterBias, ParameterMultiplier, ParameterShift
    logic [3:0] part;         // which row of 4 * n bytes: words part * Dim / 4 and on; shifts have part 0
    row_t data;
  } parameter_write_t;
  localparam logic [1:0] ParameterBias = 2'd0;
  localparam logic [1:0] ParameterMultiplier = 2'd1;
  localparam logic [1:0] ParameterShift = 2'd2;

  typedef enum logic [1:0] {
    RequantiseTwice,    // doubling high multiply, then shift with halves away from zero
    RequantiseOnce,     // 64-bit product, shift with halves up
    RequantiseNone      // the sum itself, no zero point, clamped
  } requantise_e;

  // Constant while a command runs.
  typedef struct packed {
    requantise_e requantise;
    logic per_channel;        // multiplier and shift from the set of parameters, else from here
    logic [31:0] multiplier;
    logic [5:0] shift;
    logic [7:0] zero;
    logic [7:0] low;
    logic [7:0] high;
    logic residual;           // the second half: add a row of the residual
    logic total_once;         // its sum in 64 bits, shifted by s3 with halves up; m3, s1 and s2 are not looked at
    logic [7:0] z1;
    logic [31:0] m1;
    logic [4:0] s1;
    logic [7:0] z2;
    logic [31:0] m2;
    logic [4:0] s2;
    logic [31:0] m3;
    logic [5:0] s3;
    logic [7:0] z3;
    logic [7:0] low3;
    logic [7:0] high3;
  } drain_config_t;
endpackage
