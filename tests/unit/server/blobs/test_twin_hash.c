/* test_twin_hash.c - both digests of a stream that comes in pieces. */
#include "server/blobs/twin_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_BYTES = 1 << 20 };

static void twin_hash__is_that_of_the_whole(void **state) {
    const size_t pieces[] = { 1, 0, 63, 64, 65, 4096, 100000 };
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES], expected_sha256[SHA256_BYTES], expected_md5[MD5_BYTES];
    char *text = malloc(TEXT_BYTES), *room = malloc(2 * 100000);
    struct twin_hash *hash = twin_hash_create();
    (void)state;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)(i * 7 + i / 251);
    size_t done = 0;
    for (size_t i = 0; done < TEXT_BYTES; i++) {
        size_t len = pieces[i % 7] < TEXT_BYTES - done ? pieces[i % 7] : TEXT_BYTES - done;
        char *piece = room + i % 2 * 100000;
        memcpy(piece, text + done, len);
        twin_hash_add(hash, (struct str){ piece, len });
        if (i % 5 == 0) {
            twin_hash_wait(hash);
            memset(piece, 0, len);
        }
        done += len;
        if (len == 0)
            twin_hash_wait(hash);
    }
    twin_hash_end(hash, sha256, md5);
    hash_sha256(expected_sha256, (struct str){ text, TEXT_BYTES });
    hash_md5(expected_md5, (struct str){ text, TEXT_BYTES });
    assert_memory_equal(sha256, expected_sha256, SHA256_BYTES);
    assert_memory_equal(md5, expected_md5, MD5_BYTES);
    free(room);
    free(text);
}

static void twin_hash__can_be_left(void **state) {
    (void)state;
    struct twin_hash *hash = twin_hash_create();
    twin_hash_add(hash, STR("some bytes"));
    twin_hash_cancel(hash);
    twin_hash_cancel(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin_hash__is_that_of_the_whole),
        cmocka_unit_test(twin_hash__can_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
