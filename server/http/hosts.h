/* hosts.h - which names this server answers to, and which proxies it believes.
 *
 * A Host that is not ours is refused, so that neither a page that rebinds its name to a loopback address nor
 * a forged header can have links built for it.
 *
 * Threads: read-only after hosts_create. Memory: its own.
 */
#ifndef SERVER_HTTP_HOSTS_H
#define SERVER_HTTP_HOSTS_H

#include "server/http/http.h"

struct sockaddr_storage;

struct hosts;

/* ERR_BAD_INPUT names a proxy that is neither an address nor a network, or a name that no host can have. */
MUST_CHECK enum err_code hosts_create(struct hosts **out, const struct http_options *options,
                                      struct err *err);
void hosts_destroy(struct hosts *hosts); /* NULL is fine */

/* "name", "name:port", "1.2.3.4:port", "[::1]:port": the name without port and brackets. False when
 * malformed. */
bool hosts_parse(struct str host, struct str *name);

/* Loopback names, names that were configured, the name of the public URL, and the very address that the
 * connection came in on (an address cannot be rebound). */
bool hosts_has(const struct hosts *hosts, struct str name, struct str local_address);

bool hosts_trusts(const struct hosts *hosts, struct str peer);
/* The address of an X-Forwarded-For that stands closest to us and is not a trusted proxy's; peer when none
 * is. */
struct str hosts_forwarded_for(const struct hosts *hosts, struct str forwarded_for, struct str peer);

enum { ADDRESS_TEXT_MAX = 46 };
/* The address without port; an IPv4 address in IPv6 clothes is written as IPv4. */
void address_format(char out[ADDRESS_TEXT_MAX], const struct sockaddr_storage *address);

#endif
