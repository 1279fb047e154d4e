/* run_metadata.c - wandb-metadata.json: what the log says of the program and its machine. */
#include "client/log/run_state.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/protobuf.h"

/* Texts and counts of an environment record by their numbers. */
static const char *environment_name(uint32_t number) {
    switch (number) {
    case 1: return "os";
    case 2: return "python";
    case 6: return "program";
    case 7: return "codePath";
    case 8: return "codePathLocal";
    case 10: return "email";
    case 11: return "root";
    case 12: return "host";
    case 13: return "username";
    case 14: return "executable";
    case 16: return "cpu_count";
    case 17: return "cpu_count_logical";
    case 18: return "gpu";
    case 19: return "gpu_count";
    case 25: return "cudaVersion";
    default: return NULL;
    }
}

static bool comes_again(const struct protobuf_reader *reader, uint32_t number) {
    struct protobuf_reader rest = *reader;
    struct protobuf_field field;
    while (protobuf_next(&rest, &field))
        if (field.number == number)
            return true;
    return false;
}

static void write_arguments(const struct run_state *state, struct json_writer *writer) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    json_key(writer, STR("args"));
    json_array_begin(writer);
    protobuf_reader_init(&reader, buf_str(&state->environment));
    while (protobuf_next(&reader, &field))
        if (field.number == 5 && field.wire == PROTOBUF_BYTES)
            json_string(writer, field.bytes);
    json_array_end(writer);
}

static void write_start(const struct run_state *state, struct json_writer *writer) {
    struct record_run run;
    struct err err;
    char stamp[CLOCK_ISO_MAX];
    if (record_run_parse(&run, buf_str(&state->run_body), &err) != OK)
        return;
    clock_format_iso(stamp, run.start.seconds * 1000 + run.start.nanos / 1000000);
    json_key(writer, STR("startedAt"));
    json_string(writer, str_from_c(stamp));
    if (run.remote.len == 0 && run.commit.len == 0)
        return;
    json_key(writer, STR("git"));
    json_object_begin(writer);
    json_key(writer, STR("remote"));
    json_string(writer, run.remote);
    json_key(writer, STR("commit"));
    json_string(writer, run.commit);
    json_object_end(writer);
}

/* "key": "value" of all fields of that number. */
static void write_map(const struct run_state *state, uint32_t number, const char *name, struct json_writer *writer) {
    struct protobuf_reader reader, inner;
    struct protobuf_field field;
    bool has_any = false;
    protobuf_reader_init(&reader, buf_str(&state->environment));
    while (protobuf_next(&reader, &field)) {
        struct str key = STR_EMPTY, value = STR_EMPTY;
        if (field.number != number || field.wire != PROTOBUF_BYTES)
            continue;
        if (!has_any) {
            json_key(writer, str_from_c(name));
            json_object_begin(writer);
        }
        has_any = true;
        protobuf_reader_init(&inner, field.bytes);
        while (protobuf_next(&inner, &field)) {
            if (field.number == 1)
                key = protobuf_bytes(&field);
            else if (field.number == 2)
                value = protobuf_bytes(&field);
        }
        json_key(writer, key);
        json_string(writer, value);
    }
    if (has_any)
        json_object_end(writer);
}

static void write_bytes(struct json_writer *writer, const char *name, uint64_t bytes) {
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)bytes);
    json_key(writer, str_from_c(name));
    json_string(writer, (struct str){ text, (size_t)len });
}

static void write_disk(struct json_writer *writer, struct str entry) {
    struct protobuf_reader reader, inner;
    struct protobuf_field field;
    struct str path = STR_EMPTY, info = STR_EMPTY;
    protobuf_reader_init(&reader, entry);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1)
            path = protobuf_bytes(&field);
        else if (field.number == 2)
            info = protobuf_bytes(&field);
    }
    json_key(writer, STR("disk"));
    json_object_begin(writer);
    json_key(writer, path);
    json_object_begin(writer);
    protobuf_reader_init(&inner, info);
    while (protobuf_next(&inner, &field))
        if (field.number <= 2)
            write_bytes(writer, field.number == 1 ? "total" : "used", protobuf_u64(&field));
    json_object_end(writer);
    json_object_end(writer);
}

static void write_gpu(struct json_writer *writer, struct str gpu) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    json_object_begin(writer);
    protobuf_reader_init(&reader, gpu);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 2)
            write_bytes(writer, "memoryTotal", protobuf_u64(&field));
        else if (field.number == 1 || field.number == 5) {
            json_key(writer, field.number == 1 ? STR("name") : STR("uuid"));
            json_string(writer, protobuf_bytes(&field));
        }
    }
    json_object_end(writer);
}

static void write_gpus(const struct run_state *state, struct json_writer *writer) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    bool has_any = false;
    protobuf_reader_init(&reader, buf_str(&state->environment));
    while (protobuf_next(&reader, &field)) {
        if (field.number != 24)
            continue;
        if (!has_any) {
            json_key(writer, STR("gpu_nvidia"));
            json_array_begin(writer);
        }
        has_any = true;
        write_gpu(writer, protobuf_bytes(&field));
    }
    if (has_any)
        json_array_end(writer);
}

/* Messages of an environment record that become one member each. */
static void write_machine(const struct run_state *state, struct json_writer *writer) {
    struct protobuf_reader reader, inner;
    struct protobuf_field field;
    protobuf_reader_init(&reader, buf_str(&state->environment));
    while (protobuf_next(&reader, &field)) {
        if (field.number == 20)
            write_disk(writer, protobuf_bytes(&field));
        if (field.number != 21 && field.number != 22)
            continue;
        bool is_memory = field.number == 21;
        json_key(writer, is_memory ? STR("memory") : STR("cpu"));
        json_object_begin(writer);
        protobuf_reader_init(&inner, protobuf_bytes(&field));
        while (protobuf_next(&inner, &field)) {
            if (is_memory && field.number == 1)
                write_bytes(writer, "total", protobuf_u64(&field));
            if (!is_memory && field.number == 3) {
                json_key(writer, STR("model"));
                json_string(writer, protobuf_bytes(&field));
            }
        }
        json_object_end(writer);
    }
    write_gpus(state, writer);
    write_map(state, 27, "slurm", writer);
}

void run_state_write_metadata(const struct run_state *state, struct buf *out) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct json_writer writer;
    json_writer_init(&writer, out, JSON_STRICT);
    json_object_begin(&writer);
    protobuf_reader_init(&reader, buf_str(&state->environment));
    while (protobuf_next(&reader, &field)) {
        const char *name = environment_name(field.number);
        /* What this process and what its sender said may be the same fact. */
        if (name == NULL || comes_again(&reader, field.number))
            continue;
        json_key(&writer, str_from_c(name));
        if (field.wire == PROTOBUF_BYTES)
            json_string(&writer, field.bytes);
        else
            json_uint(&writer, protobuf_u64(&field));
    }
    write_arguments(state, &writer);
    write_machine(state, &writer);
    write_start(state, &writer);
    json_object_end(&writer);
}
