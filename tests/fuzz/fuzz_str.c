/* fuzz_str.c - the UTF-8 check agrees with decoding sequence by sequence; numbers read back; cutting loses nothing. */
#include "base/str.h"

#define CHECK(claim)                                                                                         \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            abort();                                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_utf8(struct str text) {
    bool is_utf8 = str_is_utf8(text);
    struct str rest = text;
    size_t len;
    while ((len = str_utf8_len(rest)) > 0) {
        CHECK(len <= rest.len && len <= 4);
        rest = str_from(rest, len);
    }
    CHECK(is_utf8 == (rest.len == 0));
}

static void check_numbers(struct str text) {
    char written[32];
    uint64_t number;
    int64_t integer;
    if (str_to_u64(text, &number)) {
        (void)snprintf(written, sizeof written, "%llu", (unsigned long long)number);
        CHECK(str_ends_with(text, str_from_c(written)));
    }
    if (str_to_i64(text, &integer)) {
        (void)snprintf(written, sizeof written, "%lld", (long long)(integer < 0 ? integer : -integer));
        CHECK(str_ends_with(text, str_from(str_from_c(written), written[0] == '-')));
    }
}

static void check_cutting(struct str text) {
    struct str head, rest = text;
    size_t total = 0;
    bool has_more = true;
    while (has_more) {
        has_more = str_cut(rest, '/', &head, &rest);
        CHECK(head.len == 0 || memchr(head.ptr, '/', head.len) == NULL);
        total += head.len + has_more;
    }
    CHECK(total == text.len);
    CHECK(str_trim(text).len <= text.len && str_contains(text, str_trim(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct str text = { (const char *)data, size_bytes };
    check_utf8(text);
    check_numbers(text);
    check_cutting(text);
    return 0;
}
