/* test_inflate.c - zstd is undone only when it is exactly as large as was said, and a bomb costs nothing. */
#include "server/history/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <zstd.h>

#include <cmocka.h>

enum { SIZE = 100000, BOMB = 1 << 30, PIECE = 1 << 20 };

static struct str pack(struct str raw, struct arena *arena) {
    size_t bound = ZSTD_compressBound(raw.len);
    char *packed = arena_alloc(arena, bound);
    size_t size = ZSTD_compress(packed, bound, raw.ptr, raw.len, 1);
    assert_false(ZSTD_isError(size));
    return (struct str){ packed, size };
}

static struct str make_text(struct arena *arena) {
    char *text = arena_alloc(arena, SIZE);
    for (uint32_t i = 0; i < SIZE; i++)
        text[i] = (char)((i * 2654435761u) >> 24);
    return (struct str){ text, SIZE };
}

static void inflate__gives_back_what_was_packed(void **state) {
    struct str raw = make_text(*state), packed = pack(raw, *state), out;
    assert_true(inflate_exactly(&out, packed, raw.len, *state));
    assert_true(str_eq(out, raw));
    assert_true(inflate_exactly(&out, pack(STR_EMPTY, *state), 0, *state));
    assert_int_equal(out.len, 0);
}

static void inflate__refuses_any_other_size(void **state) {
    struct str raw = make_text(*state), packed = pack(raw, *state), out;
    assert_false(inflate_exactly(&out, packed, raw.len - 1, *state));
    assert_false(inflate_exactly(&out, packed, raw.len + 1, *state));
    assert_false(inflate_exactly(&out, packed, 0, *state));
}

static void inflate__refuses_what_is_cut_or_no_frame(void **state) {
    struct str raw = make_text(*state), packed = pack(raw, *state), out;
    for (size_t len = 0; len < packed.len; len += packed.len / 50)
        assert_false(inflate_exactly(&out, str_slice(packed, 0, len), raw.len, *state));
    assert_false(inflate_exactly(&out, STR("no frame at all"), 15, *state));
}

/* Something small that says it is a gigabyte: it is looked through before room is made for it. */
static void inflate__makes_no_room_for_a_lie(void **state) {
    struct str raw = { arena_calloc(*state, 1, PIECE), PIECE }, packed = pack(raw, *state), out;
    struct arena *arena = arena_create();
    assert_false(inflate_exactly(&out, packed, BOMB, arena));
    assert_true(arena_used_bytes(arena) < PIECE);
    arena_destroy(arena);
}

static void inflate__takes_what_is_small_because_it_repeats(void **state) {
    const size_t sizes[] = { 4 * PIECE, 4 * PIECE - 1, 4 * PIECE + 1 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct str raw = { arena_calloc(*state, 1, sizes[i]), sizes[i] }, packed = pack(raw, *state), out;
        assert_true(packed.len < raw.len / 1000);
        assert_true(inflate_exactly(&out, packed, raw.len, *state));
        assert_memory_equal(out.ptr, raw.ptr, raw.len);
    }
}

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(inflate__gives_back_what_was_packed),
        TEST(inflate__refuses_any_other_size),
        TEST(inflate__refuses_what_is_cut_or_no_frame),
        TEST(inflate__makes_no_room_for_a_lie),
        TEST(inflate__takes_what_is_small_because_it_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
