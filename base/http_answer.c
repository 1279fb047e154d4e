/* http_answer.c - reading what the server says. */
#include "base/http_transfer.h"

#include "base/clock.h"

#include <errno.h>
#include <unistd.h>

enum { INTERIM_MAX = 8 }; /* 1xx answers before the real one */

static enum err_code read_more(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct http_client *client = transfer->client;
    size_t len;

    TRY(http_stream_read(&client->stream, client->piece, HTTP_PIECE_BYTES, &len, deadline_ms, err));
    if (len == 0)
        return err_set(err, ERR_IO, "the server closed the connection before it had answered");
    transfer->has_read = true;
    buf_append(&client->in, client->piece, len);
    return buf_check(&client->in, "what the server sent", err);
}

/* A head into the response, off the front of what was read. */
enum err_code transfer_read_head(struct transfer *transfer, int64_t deadline_ms, struct err *err) {
    struct http_client *client = transfer->client;
    struct http_response *response = transfer->response;
    size_t scanned = 0, head_len = 0;

    for (;;) {
        TRY(http_head_find_end(buf_str(&client->in), &scanned, &head_len, err));
        if (head_len > 0)
            break;
        TRY(read_more(transfer, deadline_ms > 0 ? deadline_ms : transfer_silence_deadline(transfer), err));
    }
    buf_reset(&response->head_text);
    buf_append(&response->head_text, client->in.ptr, head_len);
    buf_drop_front(&client->in, head_len);
    TRY(buf_check(&response->head_text, "the answer's head", err));
    return http_response_parse(&response->head, buf_str(&response->head_text), response->fields, err);
}

/* Skips 100 Continue and its like; deadline_ms 0: the silence timeout. */
enum err_code transfer_read_final_head(struct transfer *transfer, struct err *err) {
    for (int i = 0; i < INTERIM_MAX; i++) {
        TRY(transfer_read_head(transfer, 0, err));
        if (transfer->response->head.status >= 200)
            return OK;
    }
    return err_set(err, ERR_BAD_INPUT, "the server sends interim answers without end");
}

static enum err_code write_file(int fd, struct str bytes, struct err *err) {
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno != EINTR)
            return err_set_errno(err, errno, "cannot write what was received");
        bytes = str_from(bytes, written < 0 ? 0 : (size_t)written);
    }
    return OK;
}

static enum err_code keep_content(struct transfer *transfer, struct str content, struct err *err) {
    struct http_response *response = transfer->response;
    response->body_bytes += content.len;
    if (transfer->request->output_fd != NULL && response->head.status / 100 == 2)
        return write_file(*transfer->request->output_fd, content, err);
    buf_append_str(&response->body, content);
    return buf_check(&response->body, "the answer", err);
}

/* What was read beside the head first, then the stream; *len 0 at the stream's end. */
static enum err_code next_bytes(struct transfer *transfer, uint64_t most, struct str *bytes,
                                struct err *err) {
    struct http_client *client = transfer->client;
    size_t room = most < HTTP_PIECE_BYTES ? (size_t)most : HTTP_PIECE_BYTES, len;

    if (client->in.len > 0) {
        len = client->in.len < room ? client->in.len : room;
        memcpy(client->piece, client->in.ptr, len);
        buf_drop_front(&client->in, len);
    } else {
        TRY(http_stream_read(&client->stream, client->piece, room, &len, transfer_silence_deadline(transfer),
                             err));
    }
    *bytes = (struct str){ client->piece, len };
    return OK;
}

static enum err_code read_length(struct transfer *transfer, uint64_t left, struct err *err) {
    while (left > 0) {
        struct str bytes;
        TRY(next_bytes(transfer, left, &bytes, err));
        if (bytes.len == 0)
            return err_set(err, ERR_IO, "the connection ended %llu bytes before the answer",
                           (unsigned long long)left);
        left -= bytes.len;
        TRY(keep_content(transfer, bytes, err));
    }
    return OK;
}

static enum err_code read_chunks(struct transfer *transfer, struct err *err) {
    struct http_chunks chunks = { 0 };
    while (!chunks.is_done) {
        struct str bytes, content;
        TRY(next_bytes(transfer, HTTP_PIECE_BYTES, &bytes, err));
        if (bytes.len == 0)
            return err_set(err, ERR_IO, "the connection ended before the answer did");
        while (bytes.len > 0 && !chunks.is_done) {
            TRY(http_chunks_next(&chunks, &bytes, &content, err));
            TRY(keep_content(transfer, content, err));
        }
        if (bytes.len > 0) /* nothing was asked yet that this could answer */
            return err_set(err, ERR_BAD_INPUT, "the server sent more than its answer");
    }
    return OK;
}

static enum err_code read_until_close(struct transfer *transfer, struct err *err) {
    struct str bytes;
    do {
        TRY(next_bytes(transfer, HTTP_PIECE_BYTES, &bytes, err));
        TRY(keep_content(transfer, bytes, err));
    } while (bytes.len > 0);
    return OK;
}

static enum err_code read_body(struct transfer *transfer, struct http_framing framing, struct err *err) {
    switch (framing.kind) {
    case HTTP_BODY_LENGTH:
        return read_length(transfer, framing.length, err);
    case HTTP_BODY_CHUNKED:
        return read_chunks(transfer, err);
    case HTTP_BODY_UNTIL_CLOSE:
        return read_until_close(transfer, err);
    case HTTP_BODY_NONE:
        break;
    }
    return OK;
}

enum err_code transfer_read_answer(struct transfer *transfer, struct err *err) {
    struct http_client *client = transfer->client;
    struct http_response *response = transfer->response;
    struct http_framing framing;

    TRY(http_response_framing(&framing, &response->head, str_eq(transfer->request->method, STR("HEAD")),
                              err));
    TRY(read_body(transfer, framing, err));
    response->status = response->head.status;
    bool is_over = framing.kind == HTTP_BODY_UNTIL_CLOSE || !transfer->wrote_all || client->in.len > 0 ||
                   http_head_has_token(&response->head, STR("connection"), STR("close")) ||
                   (response->head.minor_version == 0 &&
                    !http_head_has_token(&response->head, STR("connection"), STR("keep-alive")));
    if (is_over)
        transfer_disconnect(client);
    return OK;
}
