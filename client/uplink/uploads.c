/* uploads.c - see uploads.h. */
#include "client/uplink/uploads.h"

#include "base/clock.h"
#include "base/http_client.h"
#include "client/uplink/answer.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    THREADS_MAX = 6,
    STACK_BYTES = 256 << 10,
    TRIES = 4,
    FIRST_WAIT_MS = 500,
    URL_MAX_BYTES = 16 << 10,
    HEADERS_MAX_BYTES = 32 << 10,
    HEADERS_MAX = 16,
};

/* Connections are kept from one call to the next. */
struct uploads {
    struct http_client *clients[THREADS_MAX];
    struct upload *list;
    size_t count;
    atomic_size_t next;
    struct upload_counters *counters;
};

struct worker {
    struct uploads *uploads;
    struct http_client *client;
};

struct uploads *uploads_create(struct str base_url) {
    struct uploads *uploads = calloc(1, sizeof *uploads);
    const struct http_client_options options = { .base_url = base_url, .user_agent = STR_INIT("barograph/" BAROGRAPH_VERSION) };
    struct err err = { 0 };
    for (size_t i = 0; uploads != NULL && i < THREADS_MAX; i++)
        if (http_client_create(&uploads->clients[i], &options, &err) != OK) {
            uploads_destroy(uploads);
            return NULL;
        }
    return uploads;
}

void uploads_destroy(struct uploads *uploads) {
    if (uploads == NULL)
        return;
    for (size_t i = 0; i < THREADS_MAX; i++)
        http_client_destroy(uploads->clients[i]);
    free(uploads);
}

/* ---- one of them ---- */

int upload_open_file(const struct upload *upload, uint64_t *length) {
    struct stat stat;
    int fd = open(upload->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (upload->follows_links ? 0 : O_NOFOLLOW));
    if (fd < 0)
        return -1;
    bool is_ours = fstat(fd, &stat) == 0 && (upload->owner < 0 || (int64_t)stat.st_uid == upload->owner);
    if (!is_ours || !S_ISREG(stat.st_mode)) {
        close(fd);
        return -1;
    }
    *length = upload->length > 0 ? upload->length : (uint64_t)stat.st_size;
    return fd;
}

/* "Key:Value" strings; at most as many as there is room. texts was reserved before: fields point into it. */
static size_t parse_headers(struct str headers, struct buf *texts, struct http_field *fields, size_t room) {
    size_t count = 0;
    struct str raw, name, value;
    while (count < room && answer_element(headers, count, &raw)) {
        size_t begin = texts->len;
        if (raw.len > texts->max - texts->len || !answer_text(raw, texts))
            break;
        struct str text = { texts->ptr + begin, texts->len - begin };
        if (!str_cut(text, ':', &name, &value))
            break;
        fields[count++] = (struct http_field){ name, str_trim(value) };
    }
    return count;
}

static bool is_worth_a_retry(int status) {
    return status == 408 || status == 409 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

static void keep_etag(char *to, const struct http_response *response) {
    struct str etag = http_head_find(&response->head, STR("ETag"));
    if (to != NULL && etag.ptr != NULL && etag.len < UPLOAD_ETAG_MAX)
        (void)snprintf(to, UPLOAD_ETAG_MAX, "%.*s", STR_ARG(etag));
}

static enum uplink_result put(struct http_client *client, const struct http_request *request, char *etag) {
    struct http_response response = { 0 };
    struct err err = { 0 };
    enum err_code code = http_client_send(client, request, &response, &err);
    int status = response.status;
    if (code == OK && status >= 200 && status < 300)
        keep_etag(etag, &response);
    http_response_finish(&response);
    if (code != OK)
        return code == ERR_BAD_INPUT || code == ERR_CORRUPT ? UPLINK_REFUSED : UPLINK_LATER;
    if (status >= 200 && status < 300)
        return UPLINK_SENT;
    return is_worth_a_retry(status) ? UPLINK_LATER : UPLINK_REFUSED;
}

static enum uplink_result send_once(const struct upload *upload, struct http_client *client, struct upload_counters *counters) {
    struct buf url = BUF_INIT(URL_MAX_BYTES), texts = BUF_INIT(HEADERS_MAX_BYTES);
    struct http_field fields[HEADERS_MAX];
    struct http_file_part part = { .fd = -1, .offset = upload->offset, .sent_bytes = &counters->sent_bytes };
    struct http_request request = { .method = STR_INIT("PUT"), .fields = fields, .body = upload->content };
    enum uplink_result result = UPLINK_REFUSED;
    uint64_t sent_before = atomic_load(&counters->sent_bytes);
    if (buf_reserve(&texts, texts.max) != NULL && answer_text(upload->url_json, &url)) {
        request.url = buf_str(&url);
        request.field_count = parse_headers(upload->headers_json, &texts, fields, HEADERS_MAX - 1);
        if (upload->content_md5.len > 0)
            fields[request.field_count++] = (struct http_field){ STR("Content-MD5"), upload->content_md5 };
        if (upload->path != NULL)
            part.fd = upload_open_file(upload, &part.length);
        if (part.fd >= 0)
            request.body_file = &part;
        if (upload->path == NULL || part.fd >= 0)
            result = put(client, &request, upload->etag);
    }
    /* What has to be sent again was not sent. Others count at the same time, so this is a picture, not an account. */
    if (result != UPLINK_SENT && atomic_load(&counters->sent_bytes) > sent_before && part.fd >= 0)
        atomic_store(&counters->sent_bytes, sent_before);
    if (part.fd >= 0)
        close(part.fd);
    buf_finish(&url);
    buf_finish(&texts);
    return result;
}

static void send_one(struct upload *upload, struct http_client *client, struct upload_counters *counters) {
    int wait_ms = FIRST_WAIT_MS;
    upload->result = UPLINK_SENT;
    if (str_eq_c(upload->url_json, "null"))
        return;
    upload->result = UPLINK_LATER;
    for (int i = 0; i < TRIES && !atomic_load(&counters->stops); i++) {
        if (i > 0)
            (void)poll(NULL, 0, wait_ms *= 2);
        upload->result = send_once(upload, client, counters);
        if (upload->result != UPLINK_LATER)
            break;
    }
}

/* ---- all of them ---- */

static void *work(void *context) {
    struct worker *worker = context;
    struct uploads *uploads = worker->uploads;
    for (;;) {
        size_t at = atomic_fetch_add(&uploads->next, 1);
        if (at >= uploads->count)
            return NULL;
        send_one(&uploads->list[at], worker->client, uploads->counters);
    }
}

static void count_bytes(const struct uploads *uploads) {
    struct stat stat_of;
    uint64_t total = 0;
    for (size_t i = 0; i < uploads->count; i++) {
        const struct upload *upload = &uploads->list[i];
        if (upload->path == NULL || str_eq_c(upload->url_json, "null"))
            continue;
        if (upload->length > 0)
            total += upload->length;
        else if (stat(upload->path, &stat_of) == 0)
            total += (uint64_t)stat_of.st_size;
    }
    atomic_fetch_add(&uploads->counters->total_bytes, total);
}

void uploads_send(struct uploads *uploads, struct upload *list, size_t count, struct upload_counters *counters) {
    struct worker workers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    pthread_attr_t attributes;
    size_t wanted = count < THREADS_MAX ? count : THREADS_MAX, started = 1;

    uploads->list = list;
    uploads->count = count;
    uploads->counters = counters;
    atomic_store(&uploads->next, 0);
    count_bytes(uploads);
    for (size_t i = 0; i < THREADS_MAX; i++)
        workers[i] = (struct worker){ uploads, uploads->clients[i] };
    pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* This thread is the first worker; with no other it does all of it. */
    while (started < wanted && pthread_create(&threads[started], &attributes, work, &workers[started]) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    (void)work(&workers[0]);
    for (size_t i = 1; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
