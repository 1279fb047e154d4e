/* fuzz_run_log.c - any bytes as a transaction log: framing, records, and what the sender makes of them. */
#include "client/log/log_file.h"
#include "client/log/run_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str bytes = { (const char *)data, size }, record;
    struct log_file_reader reader;
    struct run_state state;
    struct err err;
    enum log_file_read result;

    if (run_state_init(&state, &err) != OK)
        return 0;
    /* The bytes as one record, then as a file of them. */
    run_state_take(&state, bytes);
    log_file_reader_init(&reader, 1 << 20);
    while (reader.offset <= size) {
        result = log_file_next(&reader, str_from(bytes, (size_t)reader.offset), &record);
        if (result == LOG_FILE_RECORD)
            run_state_take(&state, record);
        else if (result == LOG_FILE_TORN)
            log_file_skip_damage(&reader);
        else
            break;
    }
    struct buf out = BUF_INIT(64 << 20);
    run_state_write_config(&state, &out);
    run_state_write_config_yaml(&state, &out);
    run_state_write_metadata(&state, &out);
    buf_finish(&out);
    log_file_reader_finish(&reader);
    run_state_finish(&state);
    return 0;
}
