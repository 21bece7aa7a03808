// The execute unit on a scratchpad, as in the chip, with a hand that denies grants. Commands and semaphores are the
// test's. The scratchpad's banks are filled and read behind the ports.
module npu_execute_bench
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic command_valid_i,
  input  logic [15:0] command_index_i,
  input  logic [255:0] command_word_i,
  output logic command_ready_o,

  output logic wait_valid_o,
  output logic [3:0] wait_id_o,
  output logic [7:0] wait_count_o,
  input  logic wait_grant_i,
  output logic signal_valid_o,
  output logic [3:0] signal_id_o,
  input  logic signal_grant_i,

  input  logic [ReadPorts-2:0] deny_i,
  output logic write_valid_o,

  output logic error_valid_o,
  output logic [7:0] error_code_o,
  output logic [31:0] error_address_o,
  output logic [15:0] error_index_o,
  output logic [3:0] cause_o,
  output logic [15:0] cause_index_o,
  output logic busy_o
);

  command_t command;
  wait_request_t wait_request;
  signal_request_t signal_request;
  read_request_t [ReadPorts-2:0] wanted;
  read_request_t [ReadPorts-1:0] read;
  logic [ReadPorts-1:0] grant;
  row_t [ReadPorts-1:0] data;
  write_request_t write;
  error_t error;
  activity_t activity;
  logic load_write_grant;

  assign command = '{index: command_index_i, word: command_word_i};
  assign wait_valid_o = wait_request.valid;
  assign wait_id_o = wait_request.id;
  assign wait_count_o = wait_request.count;
  assign signal_valid_o = signal_request.valid;
  assign signal_id_o = signal_request.id;
  assign write_valid_o = write.valid;
  assign error_valid_o = error.valid;
  assign error_code_o = error.code;
  assign error_address_o = error.address;
  assign error_index_o = error.index;
  assign cause_o = activity.cause;
  assign cause_index_o = activity.index;

  always_comb begin
    read = '0;
    for (int unsigned port = 0; port < ReadPorts - 1; port++) begin
      read[port].valid = wanted[port].valid && !deny_i[port];
      read[port].address = wanted[port].address;
    end
  end

  npu_execute u_execute (
    .clk_i,
    .rst_ni,
    .halt_i,
    .command_valid_i,
    .command_i(command),
    .command_ready_o,
    .wait_o(wait_request),
    .wait_grant_i,
    .signal_o(signal_request),
    .signal_grant_i,
    .read_o(wanted),
    .read_grant_i(grant[ReadPorts-2:0]),
    .read_data_i(data[ReadPorts-2:0]),
    .write_o(write),
    .error_o(error),
    .activity_o(activity),
    .busy_o
  );

  npu_spad u_spad (
    .clk_i,
    .rst_ni,
    .drain_write_i(write),
    .load_write_i('0),
    .load_write_grant_o(load_write_grant),
    .read_i(read),
    .read_grant_o(grant),
    .read_data_o(data)
  );
endmodule
