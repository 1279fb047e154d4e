/* test_websocket_frame.c - frames: what is read, what is refused, what is written. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/websocket_frame.h"

static const char mask[] = { 'a', 'b', 'c', 'd' };

/* As a client sends it, with the shortest length. */
static void append_frame(struct buf *out, bool is_final, unsigned opcode, struct str payload) {
    buf_append_char(out, (char)((is_final ? 0x80u : 0) | opcode));
    if (payload.len < 126) {
        buf_append_char(out, (char)(0x80 | payload.len));
    } else if (payload.len < 65536) {
        const char head[] = { (char)0xfe, (char)(payload.len >> 8), (char)payload.len };
        buf_append(out, head, sizeof head);
    } else {
        buf_append_char(out, (char)0xff);
        for (int shift = 56; shift >= 0; shift -= 8)
            buf_append_char(out, (char)((uint64_t)payload.len >> shift));
    }
    buf_append(out, mask, sizeof mask);
    for (size_t i = 0; i < payload.len; i++)
        buf_append_char(out, (char)(payload.ptr[i] ^ mask[i % sizeof mask]));
}

static int set_up(void **state) {
    static struct websocket_reader reader;
    websocket_reader_init(&reader);
    *state = &reader;
    return 0;
}

static int tear_down(void **state) {
    websocket_reader_finish(*state);
    return 0;
}

static void give(void **state, bool is_final, unsigned opcode, struct str payload) {
    struct buf bytes = BUF_INIT(1 << 20);
    append_frame(&bytes, is_final, opcode, payload);
    websocket_reader_add(*state, buf_str(&bytes));
    buf_finish(&bytes);
}

static void assert_event(void **state, enum websocket_event_kind kind, struct str payload) {
    struct websocket_event event = websocket_reader_next(*state);
    assert_int_equal(event.kind, kind);
    assert_int_equal(event.payload.len, payload.len);
    if (payload.len > 0)
        assert_memory_equal(event.payload.ptr, payload.ptr, payload.len);
}

static void assert_refused(void **state, int close_code) {
    struct websocket_event event = websocket_reader_next(*state);
    assert_int_equal(event.kind, WEBSOCKET_GOT_NONSENSE);
    assert_int_equal(event.close_code, close_code);
}

static void websocket_frame__reads_texts_one_after_the_other(void **state) {
    give(state, true, WEBSOCKET_TEXT, STR("first"));
    give(state, true, WEBSOCKET_TEXT, STR(""));
    assert_event(state, WEBSOCKET_GOT_TEXT, STR("first"));
    assert_event(state, WEBSOCKET_GOT_TEXT, STR(""));
    assert_event(state, WEBSOCKET_NEEDS_MORE, STR(""));
}

static void websocket_frame__joins_the_parts_of_a_message_around_a_ping(void **state) {
    give(state, false, WEBSOCKET_TEXT, STR("one "));
    give(state, true, WEBSOCKET_PING, STR("there?"));
    give(state, false, WEBSOCKET_CONTINUATION, STR("two "));
    give(state, true, WEBSOCKET_CONTINUATION, STR("three"));
    assert_event(state, WEBSOCKET_GOT_PING, STR("there?"));
    assert_event(state, WEBSOCKET_GOT_TEXT, STR("one two three"));
}

static void websocket_frame__waits_for_every_byte(void **state) {
    struct buf bytes = BUF_INIT(1 << 20);
    char text[300];
    memset(text, 'x', sizeof text);
    append_frame(&bytes, true, WEBSOCKET_TEXT, (struct str){ text, sizeof text });
    for (size_t i = 0; i + 1 < bytes.len; i++) {
        websocket_reader_add(*state, str_slice(buf_str(&bytes), i, 1));
        assert_event(state, WEBSOCKET_NEEDS_MORE, STR(""));
    }
    websocket_reader_add(*state, str_from(buf_str(&bytes), bytes.len - 1));
    assert_event(state, WEBSOCKET_GOT_TEXT, (struct str){ text, sizeof text });
    buf_finish(&bytes);
}

static void websocket_frame__refuses_what_clients_may_not_send(void **state) {
    static const struct {
        struct str bytes;
        int close_code;
    } cases[] = {
        { STR_INIT("\x81\x02hi"), WEBSOCKET_PROTOCOL_ERROR },                             /* not masked */
        { STR_INIT("\xc1\x80" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                        /* a reserved bit */
        { STR_INIT("\x83\x80" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                        /* an unknown opcode */
        { STR_INIT("\x09\x80" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                        /* a ping in parts */
        { STR_INIT("\x89\xfe\x00\x7e" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                /* a long ping */
        { STR_INIT("\x81\xfe\x00\x02" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                /* a length longer than needed */
        { STR_INIT("\x80\x80" "abcd"), WEBSOCKET_PROTOCOL_ERROR },                        /* goes on with nothing */
        { STR_INIT("\x88\x81" "abcd" "x"), WEBSOCKET_PROTOCOL_ERROR },                    /* half a code */
        { STR_INIT("\x81\xff\x80\0\0\0\0\0\0\0" "abcd"), WEBSOCKET_TOO_LARGE },
        { STR_INIT("\x81\x81" "\0\0\0\0" "\xff"), WEBSOCKET_BAD_TEXT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct websocket_reader reader;
        void *place = &reader;
        websocket_reader_init(&reader);
        websocket_reader_add(&reader, cases[i].bytes);
        assert_refused(&place, cases[i].close_code);
        websocket_reader_finish(&reader);
    }
    (void)state;
}

static void websocket_frame__bounds_a_message_in_parts(void **state) {
    char *half = calloc(1, WEBSOCKET_MESSAGE_BYTES_MAX);
    struct str payload = { half, WEBSOCKET_MESSAGE_BYTES_MAX / 2 + 1 };
    memset(half, 'x', payload.len);
    give(state, false, WEBSOCKET_TEXT, payload);
    assert_event(state, WEBSOCKET_NEEDS_MORE, STR(""));
    give(state, true, WEBSOCKET_CONTINUATION, payload);
    assert_refused(state, WEBSOCKET_TOO_LARGE);
    free(half);
}

static void websocket_frame__refuses_a_second_message_inside_the_first(void **state) {
    give(state, false, WEBSOCKET_TEXT, STR("one"));
    give(state, true, WEBSOCKET_TEXT, STR("two"));
    assert_refused(state, WEBSOCKET_PROTOCOL_ERROR);
}

static void websocket_frame__writes_the_shortest_length(void **state) {
    static const struct {
        size_t len, head_len;
    } cases[] = { { 0, 2 }, { 125, 2 }, { 126, 4 }, { 65535, 4 }, { 65536, 10 } };
    char *text = calloc(1, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = BUF_INIT(1 << 20);
        websocket_frame_append(&out, WEBSOCKET_TEXT, (struct str){ text, cases[i].len });
        assert_int_equal(out.len, cases[i].head_len + cases[i].len);
        assert_int_equal((unsigned char)out.ptr[0], 0x81);
        assert_int_equal((unsigned char)out.ptr[1] & 0x80, 0);
        buf_finish(&out);
    }
    free(text);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(websocket_frame__reads_texts_one_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(websocket_frame__joins_the_parts_of_a_message_around_a_ping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(websocket_frame__waits_for_every_byte, set_up, tear_down),
        cmocka_unit_test(websocket_frame__refuses_what_clients_may_not_send),
        cmocka_unit_test_setup_teardown(websocket_frame__bounds_a_message_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(websocket_frame__refuses_a_second_message_inside_the_first, set_up, tear_down),
        cmocka_unit_test(websocket_frame__writes_the_shortest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
