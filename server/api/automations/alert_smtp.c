/* alert_smtp.c - see alert_smtp.h. */
#include "server/api/automations/alert_smtp.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/http_stream.h"
#include "base/http_url.h"

#include <time.h>

enum { TIMEOUT_MS = 30000, REPLY_MAX_BYTES = 1 << 16, ADDRESS_MAX = 320, SUBJECT_MAX = 500, ENCODED_WORD_BYTES = 45, LINE_BYTES = 57 };

/* ---- the server's address ---- */

static struct str decode(struct str encoded, struct arena *arena) {
    char *out = arena_copy_c(arena, encoded);
    size_t len = 0;
    for (size_t i = 0; i < encoded.len; i++) {
        unsigned char byte;
        if (encoded.ptr[i] == '%' && i + 2 < encoded.len && hash_from_hex(str_slice(encoded, i + 1, 2), &byte, 1)) {
            out[len++] = (char)byte;
            i += 2;
        } else {
            out[len++] = encoded.ptr[i];
        }
    }
    return (struct str){ out, len };
}

static bool is_address(struct str text) {
    if (text.len < 3 || text.len > ADDRESS_MAX || memchr(text.ptr, '@', text.len) == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == '<' || text.ptr[i] == '>' || text.ptr[i] == 0x7F)
            return false;
    return true;
}

enum err_code mail_server_parse(struct mail_server *out, struct str url, struct str from, struct arena *arena, struct err *err) {
    bool is_secure = str_starts_with(url, STR("smtps://"));
    struct http_url parts;
    struct str user, password = STR_EMPTY;
    if (!is_secure && !str_starts_with(url, STR("smtp://")))
        return err_set(err, ERR_BAD_INPUT, "--smtp wants smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://...");
    struct str rest = str_from(url, is_secure ? 8 : 7);
    if (http_url_parse(&parts, arena_printf(arena, "%s://%.*s", is_secure ? "https" : "http", STR_ARG(rest)), err) != OK)
        return err_set(err, ERR_BAD_INPUT, "--smtp: the address has no host, or one that cannot be");
    (void)str_cut(parts.credentials, ':', &user, &password);
    if (!is_address(from))
        return err_set(err, ERR_BAD_INPUT, "--smtp goes together with --smtp-from, a mail address");
    bool has_port = memchr(parts.authority.ptr, ':', parts.authority.len) != NULL && parts.authority.ptr[parts.authority.len - 1] != ']';
    *out = (struct mail_server){ .is_secure = is_secure,
                                 .host = parts.host,
                                 .user = decode(user, arena),
                                 .password = decode(password, arena),
                                 .port = has_port ? parts.port : is_secure ? 465 : 587,
                                 .from = from };
    return OK;
}

/* ---- the dialogue ---- */

struct dialogue {
    const struct mail_server *server;
    struct http_stream stream;
    struct http_trust *trust;
    struct arena *arena;
    struct buf in;
    struct str reply; /* all lines of the last one */
    int status;
    int64_t deadline_ms;
};

/* The length of a whole reply: lines "250-..." and a last one "250 ..."; 0 as long as it is not here. */
static size_t reply_length(struct str text) {
    size_t start = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] != '\r' || text.ptr[i + 1] != '\n')
            continue;
        if (i - start >= 3 && (i - start == 3 || text.ptr[start + 3] != '-'))
            return i + 2;
        start = i + 2;
    }
    return 0;
}

static enum err_code read_reply(struct dialogue *dialogue, struct err *err) {
    size_t len, whole;
    uint64_t status = 0;
    while ((whole = reply_length(buf_str(&dialogue->in))) == 0) {
        char *room = buf_reserve(&dialogue->in, 1024);
        if (room == NULL)
            return err_set(err, ERR_IO, "the mail server's reply is too long");
        TRY(http_stream_read(&dialogue->stream, room, 1024, &len, dialogue->deadline_ms, err));
        if (len == 0)
            return err_set(err, ERR_IO, "the mail server closed the connection");
        buf_commit(&dialogue->in, len);
    }
    dialogue->reply = arena_copy(dialogue->arena, str_slice(buf_str(&dialogue->in), 0, whole));
    buf_drop_front(&dialogue->in, whole);
    if (!str_to_u64(str_slice(dialogue->reply, 0, 3), &status))
        return err_set(err, ERR_IO, "the mail server's reply makes no sense");
    dialogue->status = (int)status;
    return OK;
}

static enum err_code say(struct dialogue *dialogue, struct str line, struct err *err) {
    TRY(http_stream_write(&dialogue->stream, line, dialogue->deadline_ms, err));
    TRY(http_stream_write(&dialogue->stream, STR("\r\n"), dialogue->deadline_ms, err));
    return read_reply(dialogue, err);
}

/* what: as it is told to people, without secrets. */
static enum err_code expect(struct dialogue *dialogue, int status, const char *what, struct err *err) {
    if (dialogue->status / 100 == status / 100)
        return OK;
    return err_set(err, dialogue->status >= 500 ? ERR_BAD_INPUT : ERR_IO, "the mail server answered %s with %.*s", what,
                   STR_ARG(str_trim(str_slice(dialogue->reply, 0, 200))));
}

static enum err_code greet(struct dialogue *dialogue, struct err *err) {
    TRY(say(dialogue, STR("EHLO barograph.invalid"), err));
    return expect(dialogue, 250, "the greeting", err);
}

static enum err_code secure(struct dialogue *dialogue, struct err *err) {
    if (dialogue->trust == NULL)
        TRY(http_trust_create(&dialogue->trust, dialogue->server->ca_file, err));
    return http_stream_secure(&dialogue->stream, dialogue->trust, dialogue->server->host, dialogue->deadline_ms, err);
}

static enum err_code upgrade(struct dialogue *dialogue, struct err *err) {
    bool is_offered = str_contains(dialogue->reply, STR("STARTTLS"));
    if (dialogue->server->is_secure)
        return OK;
    if (!is_offered)
        return dialogue->server->user.len == 0 ? OK : err_set(err, ERR_BAD_INPUT, "the mail server offers no STARTTLS: the password is not sent in the clear");
    TRY(say(dialogue, STR("STARTTLS"), err));
    TRY(expect(dialogue, 220, "STARTTLS", err));
    buf_reset(&dialogue->in); /* what was sent before TLS began counts for nothing */
    TRY(secure(dialogue, err));
    return greet(dialogue, err);
}

static enum err_code log_in(struct dialogue *dialogue, struct err *err) {
    const struct mail_server *server = dialogue->server;
    struct buf plain = BUF_INIT(4096);
    if (server->user.len == 0)
        return OK;
    buf_append_char(&plain, '\0');
    buf_append_str(&plain, server->user);
    buf_append_char(&plain, '\0');
    buf_append_str(&plain, server->password);
    struct str encoded = hash_base64(buf_str(&plain), dialogue->arena);
    buf_finish(&plain);
    TRY(say(dialogue, arena_printf(dialogue->arena, "AUTH PLAIN %.*s", STR_ARG(encoded)), err));
    return expect(dialogue, 235, "the log-in", err);
}

/* ---- the mail ---- */

static bool is_plain(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] >= 0x7F)
            return false;
    return true;
}

/* No byte of it can end the line: what is not plain goes in base64, in words of whole characters. */
static void append_subject(struct buf *out, struct str subject, struct arena *arena) {
    subject = str_slice(subject, 0, SUBJECT_MAX);
    buf_append_str(out, STR("Subject: "));
    if (is_plain(subject) && subject.len < 900) {
        buf_append_str(out, subject);
    } else {
        for (size_t at = 0; at < subject.len;) {
            size_t len = subject.len - at < ENCODED_WORD_BYTES ? subject.len - at : ENCODED_WORD_BYTES;
            while (at + len < subject.len && ((unsigned char)subject.ptr[at + len] & 0xC0) == 0x80 && len > 1)
                len--;
            buf_printf(out, "%s=?UTF-8?B?%.*s?=", at > 0 ? "\r\n " : "", STR_ARG(hash_base64(str_slice(subject, at, len), arena)));
            at += len;
        }
    }
    buf_append_str(out, STR("\r\n"));
}

static void append_body(struct buf *out, struct str body, struct arena *arena) {
    for (size_t at = 0; at < body.len; at += LINE_BYTES) {
        buf_append_str(out, hash_base64(str_slice(body, at, LINE_BYTES), arena));
        buf_append_str(out, STR("\r\n"));
    }
}

static enum err_code write_mail(struct buf *out, const struct dialogue *dialogue, const struct delivery *delivery, struct err *err) {
    char date[64];
    time_t now = (time_t)(clock_wall_ms() / 1000);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
    buf_printf(out, "Date: %s\r\nFrom: Barograph <%.*s>\r\nTo: <%.*s>\r\n", date, STR_ARG(dialogue->server->from), STR_ARG(delivery->target));
    append_subject(out, delivery->subject, dialogue->arena);
    buf_printf(out, "Message-ID: <delivery-%lld-%lld@barograph.invalid>\r\n", (long long)delivery->id, (long long)delivery->created_at);
    buf_append_str(out, STR("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: base64\r\n\r\n"));
    append_body(out, delivery->body, dialogue->arena);
    return buf_check(out, "the mail", err);
}

static enum err_code converse(struct dialogue *dialogue, const struct delivery *delivery, struct err *err) {
    const struct mail_server *server = dialogue->server;
    struct buf mail = BUF_INIT(DELIVERY_BODY_MAX * 2);
    enum err_code code;

    TRY(http_stream_open(&dialogue->stream, server->host, server->port, NULL, NULL, dialogue->deadline_ms, err));
    if (server->is_secure)
        TRY(secure(dialogue, err));
    TRY(read_reply(dialogue, err));
    TRY(expect(dialogue, 220, "the connection", err));
    TRY(greet(dialogue, err));
    TRY(upgrade(dialogue, err));
    TRY(log_in(dialogue, err));
    TRY(say(dialogue, arena_printf(dialogue->arena, "MAIL FROM:<%.*s>", STR_ARG(server->from)), err));
    TRY(expect(dialogue, 250, "the sender", err));
    TRY(say(dialogue, arena_printf(dialogue->arena, "RCPT TO:<%.*s>", STR_ARG(delivery->target)), err));
    TRY(expect(dialogue, 250, "the receiver", err));
    TRY(say(dialogue, STR("DATA"), err));
    TRY(expect(dialogue, 354, "DATA", err));
    code = write_mail(&mail, dialogue, delivery, err); /* base64: no line of it is a lone dot */
    if (code == OK)
        code = http_stream_write(&dialogue->stream, buf_str(&mail), dialogue->deadline_ms, err);
    if (code == OK)
        code = say(dialogue, STR("."), err);
    if (code == OK)
        code = expect(dialogue, 250, "the mail", err);
    buf_finish(&mail);
    return code;
}

void mail_send(const struct mail_server *server, const struct delivery *delivery, struct delivery_outcome *out, struct arena *arena) {
    struct dialogue dialogue = { .server = server, .stream = HTTP_STREAM_CLOSED, .arena = arena, .in = BUF_INIT(REPLY_MAX_BYTES),
                                 .deadline_ms = clock_mono_ms() + TIMEOUT_MS };
    struct err err, ignored;
    enum err_code code = is_address(delivery->target) ? converse(&dialogue, delivery, &err)
                                                      : err_set(&err, ERR_BAD_INPUT, "'%.*s' is no mail address", STR_ARG(delivery->target));
    *out = (struct delivery_outcome){ .is_sent = code == OK, .is_hopeless = code == ERR_BAD_INPUT, .status_code = dialogue.status };
    if (code == OK)
        (void)!say(&dialogue, STR("QUIT"), &ignored);
    else
        out->error = arena_copy(arena, str_from_c(err.message));
    http_stream_close(&dialogue.stream);
    http_trust_destroy(dialogue.trust);
    buf_finish(&dialogue.in);
}
