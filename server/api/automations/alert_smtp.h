/* alert_smtp.h - one mail over SMTP, to the server that the administrator named: TLS from the start (smtps), by STARTTLS
 * (smtp, whenever the server offers it; a must when there is a password), AUTH PLAIN.
 *
 * Own, because a mail is six lines of a dialogue on top of base/'s TLS, and libcurl would bring 28 libraries.
 * Threads: none of its own. Memory: the arena.
 */
#ifndef SERVER_API_ALERT_SMTP_H
#define SERVER_API_ALERT_SMTP_H

#include "server/store/automations/delivery.h"

struct mail_server {
    bool is_secure; /* smtps */
    struct str host, user, password; /* user empty: nobody logs in */
    uint16_t port;
    struct str from;
    const char *ca_file; /* NULL: the system's */
};

/* url: "smtp://[USER:PASSWORD@]HOST[:PORT]" or "smtps://...", percent-encoded. ERR_BAD_INPUT without the secrets in it. */
MUST_CHECK enum err_code mail_server_parse(struct mail_server *out, struct str url, struct str from, struct arena *arena, struct err *err);

void mail_send(const struct mail_server *server, const struct delivery *delivery, struct delivery_outcome *out, struct arena *arena);

#endif
