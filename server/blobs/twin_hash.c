/* twin_hash.c - see twin_hash.h. */
#include "server/blobs/twin_hash.h"

#include "base/log.h"

#include <pthread.h>

struct twin_hash {
    struct hash_stream *sha256, *md5;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_news;
    struct str bytes; /* that MD5 is being made of; ptr NULL: none */
    bool is_ending;
};

static void *add_md5(void *context) {
    struct twin_hash *hash = context;
    (void)pthread_mutex_lock(&hash->mutex);
    for (;;) {
        while (hash->bytes.ptr == NULL && !hash->is_ending)
            (void)pthread_cond_wait(&hash->has_news, &hash->mutex);
        struct str bytes = hash->bytes;
        if (bytes.ptr == NULL)
            break;
        (void)pthread_mutex_unlock(&hash->mutex);
        hash_stream_add(hash->md5, bytes);
        (void)pthread_mutex_lock(&hash->mutex);
        hash->bytes = (struct str){ NULL, 0 };
        (void)pthread_cond_signal(&hash->has_news);
    }
    (void)pthread_mutex_unlock(&hash->mutex);
    return NULL;
}

struct twin_hash *twin_hash_create(void) {
    struct twin_hash *hash = calloc(1, sizeof *hash);
    if (hash == NULL)
        log_fatal("out of memory: cannot make digests");
    hash->sha256 = hash_stream_create_sha256();
    hash->md5 = hash_stream_create_md5();
    (void)pthread_mutex_init(&hash->mutex, NULL);
    (void)pthread_cond_init(&hash->has_news, NULL);
    if (pthread_create(&hash->thread, NULL, add_md5, hash) != 0)
        log_fatal("cannot start a thread that makes digests");
    return hash;
}

static void wait(struct twin_hash *hash) {
    while (hash->bytes.ptr != NULL)
        (void)pthread_cond_wait(&hash->has_news, &hash->mutex);
}

void twin_hash_add(struct twin_hash *hash, struct str bytes) {
    if (bytes.len == 0)
        return;
    (void)pthread_mutex_lock(&hash->mutex);
    wait(hash);
    hash->bytes = bytes;
    (void)pthread_cond_signal(&hash->has_news);
    (void)pthread_mutex_unlock(&hash->mutex);
    hash_stream_add(hash->sha256, bytes);
}

void twin_hash_wait(struct twin_hash *hash) {
    (void)pthread_mutex_lock(&hash->mutex);
    wait(hash);
    (void)pthread_mutex_unlock(&hash->mutex);
}

static void finish_thread(struct twin_hash *hash) {
    (void)pthread_mutex_lock(&hash->mutex);
    hash->is_ending = true;
    (void)pthread_cond_signal(&hash->has_news);
    (void)pthread_mutex_unlock(&hash->mutex);
    (void)pthread_join(hash->thread, NULL);
    (void)pthread_cond_destroy(&hash->has_news);
    (void)pthread_mutex_destroy(&hash->mutex);
}

static void destroy(struct twin_hash *hash) {
    hash_stream_destroy(hash->sha256);
    hash_stream_destroy(hash->md5);
    free(hash);
}

void twin_hash_end(struct twin_hash *hash, unsigned char sha256[SHA256_BYTES], unsigned char md5[MD5_BYTES]) {
    finish_thread(hash);
    hash_stream_end(hash->sha256, sha256, NULL);
    hash_stream_end(hash->md5, NULL, md5);
    destroy(hash);
}

void twin_hash_cancel(struct twin_hash *hash) {
    if (hash == NULL)
        return;
    finish_thread(hash);
    destroy(hash);
}
