/* hash.c - see hash.h. Digests are OpenSSL's; the algorithms are looked up once, because that costs more than
 * hashing a short text does. */
#include "base/hash.h"

#include "base/log.h"
#include "base/os.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <unistd.h>

enum { FILE_PIECE_BYTES = 256 << 10 };

/* What is looked up or drawn once per process and then only read. */
static struct {
    EVP_MD *sha256, *md5;
    EVP_MAC_CTX *hmac_sha256; /* without a key: copied for each use */
    uint64_t seed[2];
} shared;
static pthread_once_t shared_once = PTHREAD_ONCE_INIT;

static void init_shared(void) {
    char digest_name[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                            OSSL_PARAM_construct_end() };

    shared.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    /* MD5 names files in the official protocol and protects nothing, so a machine in FIPS mode may have it too. */
    shared.md5 = EVP_MD_fetch(NULL, "MD5", "-fips");
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    shared.hmac_sha256 = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    if (shared.sha256 == NULL || shared.md5 == NULL || shared.hmac_sha256 == NULL ||
        !EVP_MAC_CTX_set_params(shared.hmac_sha256, params))
        log_fatal("the cryptography library lacks SHA-256, MD5 or HMAC");
    hash_random(shared.seed, sizeof shared.seed);
}

static void need_shared(void) {
    (void)pthread_once(&shared_once, init_shared);
}

static void check(bool is_done) {
    if (!is_done)
        log_fatal("the cryptography library failed");
}

void hash_sha256(unsigned char out[SHA256_BYTES], struct str text) {
    need_shared();
    check(EVP_Digest(text.ptr, text.len, out, NULL, shared.sha256, NULL));
}

void hash_md5(unsigned char out[MD5_BYTES], struct str text) {
    need_shared();
    check(EVP_Digest(text.ptr, text.len, out, NULL, shared.md5, NULL));
}

static enum err_code add_file(EVP_MD_CTX *context, int fd, uint64_t offset, uint64_t length, char *room, struct err *err) {
    while (length > 0) {
        ssize_t len = pread(fd, room, length < FILE_PIECE_BYTES ? (size_t)length : FILE_PIECE_BYTES, (off_t)offset);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return err_set_errno(err, errno, "cannot read a file for its digest");
        if (len == 0)
            return err_set(err, ERR_CORRUPT, "a file became shorter while it was read for its digest");
        check(EVP_DigestUpdate(context, room, (size_t)len));
        offset += (uint64_t)len;
        length -= (uint64_t)len;
    }
    return OK;
}

enum err_code hash_md5_of_file(unsigned char out[MD5_BYTES], int fd, uint64_t offset, uint64_t length, struct err *err) {
    char *room = malloc(FILE_PIECE_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    need_shared();
    enum err_code code = room == NULL || context == NULL ? err_set(err, ERR_FULL, "out of memory") : OK;
    if (code == OK) {
        check(EVP_DigestInit_ex2(context, shared.md5, NULL));
        code = add_file(context, fd, offset, length, room, err);
    }
    if (code == OK)
        check(EVP_DigestFinal_ex(context, out, NULL));
    EVP_MD_CTX_free(context);
    free(room);
    return code;
}

void hash_hmac_sha256(unsigned char out[SHA256_BYTES], struct str key, struct str text) {
    size_t len;
    need_shared();
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(shared.hmac_sha256);
    /* A NULL key would mean "the one from before", so an empty one still needs an address. */
    const unsigned char *key_bytes = (const unsigned char *)(key.len == 0 ? "" : key.ptr);
    check(context != NULL && EVP_MAC_init(context, key_bytes, key.len, NULL) &&
          EVP_MAC_update(context, (const unsigned char *)text.ptr, text.len) &&
          EVP_MAC_final(context, out, &len, SHA256_BYTES) && len == SHA256_BYTES);
    EVP_MAC_CTX_free(context);
}

struct hash_stream {
    EVP_MD_CTX *sha256, *md5;
};

static EVP_MD_CTX *begin(const EVP_MD *algorithm) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    check(context != NULL && EVP_DigestInit_ex2(context, algorithm, NULL));
    return context;
}

static struct hash_stream *create_stream(bool has_sha256, bool has_md5) {
    struct hash_stream *stream = malloc(sizeof *stream);
    need_shared();
    check(stream != NULL);
    *stream = (struct hash_stream){ has_sha256 ? begin(shared.sha256) : NULL, has_md5 ? begin(shared.md5) : NULL };
    return stream;
}

struct hash_stream *hash_stream_create_sha256(void) {
    return create_stream(true, false);
}

struct hash_stream *hash_stream_create_md5(void) {
    return create_stream(false, true);
}

struct hash_stream *hash_stream_create(void) {
    return create_stream(true, true);
}

void hash_stream_destroy(struct hash_stream *stream) {
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->sha256);
    EVP_MD_CTX_free(stream->md5);
    free(stream);
}

void hash_stream_add(struct hash_stream *stream, struct str bytes) {
    check(stream->sha256 == NULL || EVP_DigestUpdate(stream->sha256, bytes.ptr, bytes.len));
    check(stream->md5 == NULL || EVP_DigestUpdate(stream->md5, bytes.ptr, bytes.len));
}

void hash_stream_end(struct hash_stream *stream, unsigned char *sha256, unsigned char *md5) {
    check(stream->sha256 == NULL || EVP_DigestFinal_ex(stream->sha256, sha256, NULL));
    check(stream->md5 == NULL || EVP_DigestFinal_ex(stream->md5, md5, NULL));
}

static uint64_t rotate(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3: keys come from outside, and nobody may choose them so that they all meet in one slot. */
uint64_t hash_of_str(struct str text) {
    need_shared();
    uint64_t v[4] = { shared.seed[0] ^ 0x736f6d6570736575U, shared.seed[1] ^ 0x646f72616e646f6dU,
                      shared.seed[0] ^ 0x6c7967656e657261U, shared.seed[1] ^ 0x7465646279746573U };
    size_t i = 0;
    uint64_t word = 0;

    for (; text.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = 0;
    if (i < text.len)
        memcpy(&word, text.ptr + i, text.len - i);
    word ^= (uint64_t)text.len << 56;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xFF;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void hash_random(void *out, size_t size_bytes) {
    if (!os_random(out, size_bytes))
        log_fatal("the system has no random bytes: %s", os_error_text(errno));
}

bool hash_equal(const void *a, const void *b, size_t size_bytes) {
    return CRYPTO_memcmp(a, b, size_bytes) == 0;
}

struct str hash_hex(const void *bytes, size_t size_bytes, struct arena *arena) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    char *out = arena_alloc(arena, 2 * size_bytes + 1);
    for (size_t i = 0; i < size_bytes; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * size_bytes] = '\0';
    return (struct str){ out, 2 * size_bytes };
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hash_from_hex(struct str hex, void *out, size_t size_bytes) {
    unsigned char *bytes = out;
    if (hex.len != 2 * size_bytes)
        return false;
    for (size_t i = 0; i < size_bytes; i++) {
        int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}
