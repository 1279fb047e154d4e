/* bench_json.c - MB a second of the JSON reader, of undoing escapes, of the tree, the writer, and of doubles, on a body
 * as the official client's file_stream sends it. The C library and, where it is installed, jansson stand beside.
 *
 * Usage: bench_json
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"

#ifdef HAVE_JANSSON
#include "bench/json_peer.h"
#endif

enum { LINE_COUNT = 20000, METRIC_COUNT = 8, ROUNDS = 7, DOUBLE_COUNT = LINE_COUNT * METRIC_COUNT };

struct input {
    struct str body;      /* a file_stream body */
    struct str *contents; /* its lines, still escaped */
    struct str *lines;    /* its lines, as JSON */
    size_t content_bytes, line_bytes;
    struct str *numbers;
    double *doubles;
    size_t number_bytes;
};

/* What a benchmark found, so that nothing is optimised away. */
static double sink;

static double next_double(uint64_t *random) {
    *random = *random * 6364136223846793005U + 1442695040888963407U;
    return (double)(*random >> 11) / 9007199254740992.0 * 10.0;
}

static void append_line(struct buf *out, struct input *input, size_t line, uint64_t *random, struct arena *arena) {
    struct json_writer writer;
    json_writer_init(&writer, out, JSON_EXTENDED);
    json_object_begin(&writer);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        char text[NUMBER_TEXT_MAX];
        size_t at = line * METRIC_COUNT + i;
        input->doubles[at] = next_double(random);
        input->numbers[at] = arena_copy(arena, (struct str){ text, number_from_double(text, input->doubles[at]) });
        input->number_bytes += input->numbers[at].len;
        json_key(&writer, arena_printf(arena, "train/metric_%zu", i));
        json_double(&writer, input->doubles[at]);
    }
    json_key(&writer, STR("_step"));
    json_int(&writer, (int64_t)line);
    json_object_end(&writer);
}

static void make_input(struct input *input, struct arena *arena) {
    struct buf body = BUF_INIT(256 << 20), line = BUF_INIT(1 << 16);
    struct json_writer writer;
    uint64_t random = 1;

    input->lines = ARENA_ARRAY(arena, struct str, LINE_COUNT);
    input->contents = ARENA_ARRAY(arena, struct str, LINE_COUNT);
    input->numbers = ARENA_ARRAY(arena, struct str, DOUBLE_COUNT);
    input->doubles = ARENA_ARRAY(arena, double, DOUBLE_COUNT);
    buf_append_str(&body, STR("{\"files\":{\"wandb-history.jsonl\":{\"offset\":0,\"content\":"));
    json_writer_init(&writer, &body, JSON_STRICT);
    json_array_begin(&writer);
    for (size_t i = 0; i < LINE_COUNT; i++) {
        buf_reset(&line);
        append_line(&line, input, i, &random, arena);
        input->lines[i] = arena_copy(arena, buf_str(&line));
        input->line_bytes += line.len;
        size_t before = body.len;
        json_string(&writer, buf_str(&line));
        size_t skipped = i == 0 ? 1 : 2; /* the quote, and the comma before it */
        input->contents[i] = arena_copy(arena, str_slice(buf_str(&body), before + skipped, body.len - before - skipped - 1));
        input->content_bytes += input->contents[i].len;
    }
    json_array_end(&writer);
    buf_append_str(&body, STR("}}}"));
    input->body = arena_copy(arena, buf_str(&body));
    buf_finish(&body);
    buf_finish(&line);
}

static void read_body(const struct input *input) {
    struct json_reader reader;
    enum json_token token;
    json_reader_init(&reader, input->body, JSON_STRICT);
    while ((token = json_next(&reader)) != JSON_END && token != JSON_ERROR)
        sink += (double)reader.text.len;
}

static void read_lines(const struct input *input) {
    for (size_t i = 0; i < LINE_COUNT; i++) {
        struct json_reader reader;
        enum json_token token;
        json_reader_init(&reader, input->lines[i], JSON_EXTENDED);
        while ((token = json_next(&reader)) != JSON_END && token != JSON_ERROR)
            sink += (double)reader.text.len;
    }
}

static void unescape_contents(const struct input *input) {
    char out[4096];
    for (size_t i = 0; i < LINE_COUNT; i++)
        sink += (double)json_unescape(input->contents[i], out);
}

/* What ingest does: the body, each string's escapes, each line, each number. */
static void read_all(const struct input *input) {
    struct json_reader outer, inner;
    enum json_token token;
    char line[4096];
    json_reader_init(&outer, input->body, JSON_STRICT);
    while ((token = json_next(&outer)) != JSON_END && token != JSON_ERROR) {
        if (token != JSON_STRING || !outer.has_escapes)
            continue;
        json_reader_init(&inner, (struct str){ line, json_unescape(outer.text, line) }, JSON_EXTENDED);
        while ((token = json_next(&inner)) != JSON_END && token != JSON_ERROR)
            if (token == JSON_NUMBER)
                sink += number_to_double(inner.text.ptr, inner.text.len);
    }
}

static void parse_lines(const struct input *input) {
    struct arena *arena = arena_create();
    struct json_value *value;
    struct err err;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (json_parse(&value, input->lines[i], JSON_EXTENDED, arena, &err) == OK)
            sink += (double)value->object.count;
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void write_strings(const struct input *input) {
    struct buf out = BUF_INIT(256 << 20);
    struct json_writer writer;
    json_writer_init(&writer, &out, JSON_STRICT);
    for (size_t i = 0; i < LINE_COUNT; i++)
        json_string(&writer, input->lines[i]);
    sink += (double)out.len;
    buf_finish(&out);
}

static void read_doubles(const struct input *input) {
    for (size_t i = 0; i < DOUBLE_COUNT; i++)
        sink += number_to_double(input->numbers[i].ptr, input->numbers[i].len);
}

static void read_doubles_strtod(const struct input *input) {
    for (size_t i = 0; i < DOUBLE_COUNT; i++)
        sink += strtod(input->numbers[i].ptr, NULL);
}

static void write_doubles(const struct input *input) {
    char text[NUMBER_TEXT_MAX];
    for (size_t i = 0; i < DOUBLE_COUNT; i++)
        sink += (double)number_from_double(text, input->doubles[i]);
}

static void write_doubles_snprintf(const struct input *input) {
    char text[NUMBER_TEXT_MAX];
    for (size_t i = 0; i < DOUBLE_COUNT; i++)
        sink += (double)snprintf(text, sizeof text, "%.17g", input->doubles[i]);
}

#ifdef HAVE_JANSSON
static void parse_body_jansson(const struct input *input) {
    sink += (double)json_peer_parse(input->body.ptr, input->body.len);
}

static void parse_lines_jansson(const struct input *input) {
    for (size_t i = 0; i < LINE_COUNT; i++)
        sink += (double)json_peer_parse(input->lines[i].ptr, input->lines[i].len);
}
#endif

/* The best of a few rounds: on a shared machine the others measure the neighbours. */
static void measure(const char *name, void (*work)(const struct input *), const struct input *input, size_t size_bytes) {
    int64_t best_ns = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin_ns = clock_mono_ns();
        work(input);
        int64_t spent_ns = clock_mono_ns() - begin_ns;
        if (spent_ns < best_ns)
            best_ns = spent_ns;
    }
    printf("%-44s %7.0f MB/s\n", name, (double)size_bytes * 1e3 / (double)best_ns);
}

int main(void) {
    struct arena *arena = arena_create();
    struct input input = { 0 };

    make_input(&input, arena);
    printf("file_stream body of %zu bytes, %d lines of %d metrics\n", input.body.len, LINE_COUNT, METRIC_COUNT);
    measure("reader, body", read_body, &input, input.body.len);
    measure("undoing escapes, body's strings", unescape_contents, &input, input.content_bytes);
    measure("reader, lines", read_lines, &input, input.line_bytes);
    measure("body, escapes, lines and doubles together", read_all, &input, input.body.len);
    measure("tree, lines", parse_lines, &input, input.line_bytes);
    measure("writer, lines as strings", write_strings, &input, input.line_bytes);
    measure("text to double", read_doubles, &input, input.number_bytes);
    measure("text to double, strtod", read_doubles_strtod, &input, input.number_bytes);
    measure("double to text", write_doubles, &input, input.number_bytes);
    measure("double to text, snprintf %.17g", write_doubles_snprintf, &input, input.number_bytes);
#ifdef HAVE_JANSSON
    measure("jansson's tree, body", parse_body_jansson, &input, input.body.len);
    measure("jansson's tree, lines", parse_lines_jansson, &input, input.line_bytes);
#endif
    arena_destroy(arena);
    return sink == 0.5; /* never */
}
