/* test_arena.c */
#include "tests/unit/base/fixture.h"

static void arena__gives_aligned_memory_that_does_not_overlap(void **state) {
    enum { COUNT = 2000 };
    unsigned char *pieces[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = arena_alloc(*state, i % 97);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 0xFF), i % 97);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t byte = 0; byte < i % 97; byte++)
            assert_int_equal(pieces[i][byte], i & 0xFF);
}

static void arena__takes_pieces_larger_than_a_block(void **state) {
    char *large = arena_alloc(*state, 3 << 20);
    memset(large, 1, 3 << 20);
    assert_true(arena_used_bytes(*state) >= 3 << 20);
}

static void arena__clears_when_asked(void **state) {
    memset(arena_alloc(*state, 4000), 0xAA, 4000);
    arena_reset(*state);
    unsigned char *cleared = arena_calloc(*state, 1000, 4);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(cleared[i], 0);
}

static void arena__counts_what_it_gave_until_reset(void **state) {
    assert_int_equal(arena_used_bytes(*state), 0);
    (void)arena_alloc(*state, 1);
    (void)arena_alloc(*state, 17);
    assert_int_equal(arena_used_bytes(*state), 48);
    arena_reset(*state);
    assert_int_equal(arena_used_bytes(*state), 0);
}

static void arena__uses_its_first_block_again_after_reset(void **state) {
    void *first = arena_alloc(*state, 8);
    (void)arena_alloc(*state, 100000);
    arena_reset(*state);
    assert_ptr_equal(arena_alloc(*state, 8), first);
}

static void arena__keeps_no_large_block_after_reset(void **state) {
    (void)arena_alloc(*state, 1 << 20);
    arena_reset(*state);
    arena_reset(*state);
    memset(arena_alloc(*state, 100), 1, 100);
}

static void arena__grows_arrays_and_clears_the_new_items(void **state) {
    int *items = ARENA_ARRAY(*state, int, 2);
    items[0] = 1, items[1] = 2;
    items = arena_grow(*state, items, 2, 4, sizeof *items);
    assert_int_equal(items[0], 1);
    assert_int_equal(items[1], 2);
    assert_int_equal(items[3], 0);
    items = arena_grow(*state, NULL, 0, 1, sizeof *items);
    assert_int_equal(items[0], 0);
}

static void arena__copies_text_with_a_terminator(void **state) {
    struct str copy = arena_copy(*state, STR("a\0b"));
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    assert_string_equal(arena_copy_c(*state, STR_EMPTY), "");
    assert_string_equal(arena_copy_c(*state, (struct str){ NULL, 0 }), "");
    assert_str(arena_printf(*state, "%d-%s", 7, "x"), "7-x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(arena__gives_aligned_memory_that_does_not_overlap),
        TEST(arena__takes_pieces_larger_than_a_block),
        TEST(arena__clears_when_asked),
        TEST(arena__counts_what_it_gave_until_reset),
        TEST(arena__uses_its_first_block_again_after_reset),
        TEST(arena__keeps_no_large_block_after_reset),
        TEST(arena__grows_arrays_and_clears_the_new_items),
        TEST(arena__copies_text_with_a_terminator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
