/* test_hash.c - digests against published vectors (FIPS 180, RFC 1321, RFC 4231, zlib's crc). */
#include "base/hash.h"
#include "tests/unit/base/fixture.h"

#include <pthread.h>
#include <unistd.h>

static void hash__computes_sha256(void **state) {
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, STR("abc"));
    assert_str(hash_hex(digest, sizeof digest, *state),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256(digest, (struct str){ NULL, 0 });
    assert_str(hash_hex(digest, sizeof digest, *state),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hash__computes_md5(void **state) {
    unsigned char digest[MD5_BYTES];
    hash_md5(digest, STR("message digest"));
    assert_str(hash_hex(digest, sizeof digest, *state), "f96b697d7cb7938d525a2f31aaf161d0");
}

static void hash__computes_hmac_sha256(void **state) {
    unsigned char digest[SHA256_BYTES];
    char long_key[131];

    hash_hmac_sha256(digest, STR("Jefe"), STR("what do ya want for nothing?"));
    assert_str(hash_hex(digest, sizeof digest, *state),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof long_key);
    hash_hmac_sha256(digest, (struct str){ long_key, sizeof long_key },
                     STR("Test Using Larger Than Block-Size Key - Hash Key First"));
    assert_str(hash_hex(digest, sizeof digest, *state),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hash_hmac_sha256(digest, (struct str){ NULL, 0 }, (struct str){ NULL, 0 });
    assert_str(hash_hex(digest, sizeof digest, *state),
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hash__streams_both_digests(void **state) {
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES], whole[SHA256_BYTES];
    struct hash_stream *stream = hash_stream_create();

    hash_stream_add(stream, STR("mess"));
    hash_stream_add(stream, STR_EMPTY);
    hash_stream_add(stream, STR("age digest"));
    hash_stream_end(stream, sha256, md5);
    hash_stream_destroy(stream);
    hash_stream_destroy(NULL);
    hash_sha256(whole, STR("message digest"));
    assert_memory_equal(sha256, whole, sizeof whole);
    assert_str(hash_hex(md5, sizeof md5, *state), "f96b697d7cb7938d525a2f31aaf161d0");
}

static void hash__continues_a_crc(void **state) {
    (void)state;
    assert_int_equal(hash_crc32(0, STR("123456789")), 0xCBF43926);
    uint32_t crc = hash_crc32(0, STR("1234"));
    crc = hash_crc32(crc, (struct str){ NULL, 0 });
    assert_int_equal(hash_crc32(crc, STR("56789")), 0xCBF43926);
}

static void hash__of_equal_texts_is_equal(void **state) {
    char text[40];
    memset(text, 'x', sizeof text);
    struct str longer = { text, sizeof text };
    assert_true(hash_of_str(longer) == hash_of_str(arena_copy(*state, longer)));
    for (size_t len = 0; len < sizeof text; len++)
        for (size_t other = 0; other < len; other++)
            assert_true(hash_of_str((struct str){ text, len }) != hash_of_str((struct str){ text, other }));
    /* A text padded with zeros up to a whole word would look like the shorter one. */
    assert_true(hash_of_str(STR("a")) != hash_of_str(STR("a\0")));
    assert_true(hash_of_str(STR_EMPTY) != hash_of_str(STR("\0")));
    for (size_t i = 0; i < sizeof text; i++) {
        uint64_t before = hash_of_str(longer);
        text[i] ^= 1;
        assert_true(hash_of_str(longer) != before);
    }
}

static void *hash_in_a_thread(void *arg) {
    hash_md5(arg, STR("message digest"));
    return NULL;
}

static void hash__works_in_many_threads(void **state) {
    unsigned char digests[8][MD5_BYTES];
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_a_thread, digests[i]), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_str(hash_hex(digests[i], MD5_BYTES, *state), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}

static void hash__draws_different_random_bytes(void **state) {
    unsigned char a[300] = { 0 }, b[300] = { 0 }, zero[300] = { 0 };
    (void)state;
    hash_random(a, sizeof a);
    hash_random(b, sizeof b);
    assert_false(hash_equal(a, b, sizeof a));
    assert_false(hash_equal(a + 284, zero, 16));
    assert_true(hash_equal(a, a, sizeof a));
}

static void hash__reads_hex_of_the_right_length_only(void **state) {
    unsigned char bytes[3];
    (void)state;
    assert_true(hash_from_hex(STR("00fFA9"), bytes, 3));
    assert_memory_equal(bytes, "\x00\xff\xa9", 3);
    assert_false(hash_from_hex(STR("00ff"), bytes, 3));
    assert_false(hash_from_hex(STR("00ffa"), bytes, 3));
    assert_false(hash_from_hex(STR("00ffa90"), bytes, 3));
    assert_false(hash_from_hex(STR("00ffg9"), bytes, 3));
    assert_false(hash_from_hex(STR("00ff/9"), bytes, 3));
    assert_true(hash_from_hex(STR_EMPTY, bytes, 0));
}

static void hash__writes_base64(void **state) {
    static const char *rows[][2] = { { "", "" },         { "f", "Zg==" },     { "fo", "Zm8=" },
                                     { "foo", "Zm9v" },  { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
                                     { "foobar", "Zm9vYmFy" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str decoded;
        assert_str(hash_base64(str_from_c(rows[i][0]), *state), rows[i][1]);
        assert_true(hash_from_base64(str_from_c(rows[i][1]), &decoded, *state));
        assert_str(decoded, rows[i][0]);
    }
    assert_str(hash_base64(STR("\xfb\xff\xfe\xff"), *state), "+//+/w==");
    assert_str(hash_base64_url(STR("\xfb\xff\xfe\xff"), *state), "-__-_w");
}

static void hash__reads_either_base64_alphabet(void **state) {
    struct str bytes;
    assert_true(hash_from_base64(STR("-__-_w"), &bytes, *state));
    assert_str(bytes, "\xfb\xff\xfe\xff");
    assert_true(hash_from_base64(STR("+//+/w=="), &bytes, *state));
    assert_str(bytes, "\xfb\xff\xfe\xff");
}

static void hash__refuses_malformed_base64(void **state) {
    static const char *rows[] = { "A", "AAAAA", "=", "==", "====", "A===", "Zg=", "Zm8==", "Zm9v=", "Zm9v====",
                                  "Zh==", "Zm9=", "Z g=", "Zm9v\n", "Zg=A", "Zm9v*" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str bytes;
        if (hash_from_base64(str_from_c(rows[i]), &bytes, *state))
            fail_msg("'%s' was read", rows[i]);
    }
}

static void hash__computes_the_md5_of_a_part_of_a_file(void **state) {
    char path[] = "/tmp/hash.XXXXXX";
    unsigned char digest[MD5_BYTES];
    struct err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, "<message digest>", 16), 16);
    assert_int_equal(hash_md5_of_file(digest, fd, 1, 14, &err), OK);
    assert_str(hash_hex(digest, sizeof digest, *state), "f96b697d7cb7938d525a2f31aaf161d0");
    assert_int_equal(hash_md5_of_file(digest, fd, 1, 16, &err), ERR_CORRUPT);
    assert_int_equal(hash_md5_of_file(digest, -1, 0, 1, &err), ERR_IO);
    assert_int_equal(close(fd), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(hash__computes_sha256),
        TEST(hash__computes_md5),
        TEST(hash__computes_the_md5_of_a_part_of_a_file),
        TEST(hash__computes_hmac_sha256),
        TEST(hash__streams_both_digests),
        TEST(hash__continues_a_crc),
        TEST(hash__of_equal_texts_is_equal),
        TEST(hash__works_in_many_threads),
        TEST(hash__draws_different_random_bytes),
        TEST(hash__reads_hex_of_the_right_length_only),
        TEST(hash__writes_base64),
        TEST(hash__reads_either_base64_alphabet),
        TEST(hash__refuses_malformed_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
