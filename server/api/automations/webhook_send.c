/* webhook_send.c - see webhook_send.h. */
#include "server/api/automations/webhook_send.h"

#include "base/clock.h"
#include "base/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 20000, CONNECT_TIMEOUT_MS = 5000, ANSWER_MAX_BYTES = 1 << 16, NETWORKS_MAX = 64 };

/* IPv4 addresses stand as they are mapped into IPv6. */
struct network {
    unsigned char bytes[16];
    unsigned bits;
};

struct webhook_networks {
    struct network items[NETWORKS_MAX];
    size_t count;
};

#define V4(a, b, c, d, prefix) { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, a, b, c, d }, 96 + (prefix) }

/* What no stranger's address is: this machine, private and shared networks, tests, multicast, what carries IPv4 inside. */
static const struct network private_networks[] = {
    V4(0, 0, 0, 0, 8),       V4(10, 0, 0, 0, 8),     V4(100, 64, 0, 0, 10),  V4(127, 0, 0, 0, 8),    V4(169, 254, 0, 0, 16),
    V4(172, 16, 0, 0, 12),   V4(192, 0, 0, 0, 24),   V4(192, 0, 2, 0, 24),   V4(192, 88, 99, 0, 24), V4(192, 168, 0, 0, 16),
    V4(198, 18, 0, 0, 15),   V4(198, 51, 100, 0, 24), V4(203, 0, 113, 0, 24), V4(224, 0, 0, 0, 4),   V4(240, 0, 0, 0, 4),
    { { 0 }, 96 },           { { 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF }, 96 },
    { { 0xFC }, 7 },        { { 0xFE, 0x80 }, 10 }, { { 0xFE, 0xC0 }, 10 }, { { 0xFF }, 8 },
    { { 0x20, 0x01 }, 23 },  { { 0x20, 0x01, 0x0D, 0xB8 }, 32 }, { { 0x20, 0x02 }, 16 }, { { 0x00, 0x64, 0xFF, 0x9B }, 32 },
    { { 0x01 }, 64 },
};

/* ---- addresses ---- */

static bool is_in(const struct network *network, const unsigned char address[16]) {
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->bytes, address, whole) != 0)
        return false;
    return rest == 0 || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool is_in_any(const struct network *networks, size_t count, const unsigned char address[16]) {
    for (size_t i = 0; i < count; i++)
        if (is_in(&networks[i], address))
            return true;
    return false;
}

static void map_v4(unsigned char out[16], const void *address) {
    memset(out, 0, 10);
    memset(out + 10, 0xFF, 2);
    memcpy(out + 12, address, 4);
}

bool webhook_may_connect(const struct webhook_networks *networks, const struct sockaddr *address) {
    unsigned char bytes[16];
    if (address->sa_family == AF_INET)
        map_v4(bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr);
    else if (address->sa_family == AF_INET6)
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, sizeof bytes);
    else
        return false;
    return is_in_any(networks->items, networks->count, bytes) ||
           !is_in_any(private_networks, sizeof private_networks / sizeof private_networks[0], bytes);
}

static enum err_code parse_network(struct network *out, struct str text, struct err *err) {
    struct str address = text, prefix;
    char name[INET6_ADDRSTRLEN + 1] = { 0 };
    unsigned char v4[4];
    uint64_t bits = 0;
    bool has_prefix = str_cut(text, '/', &address, &prefix);
    if (address.len < sizeof name)
        memcpy(name, address.ptr, address.len);
    bool is_v4 = inet_pton(AF_INET, name, v4) == 1;
    if (is_v4)
        map_v4(out->bytes, v4);
    if ((!is_v4 && inet_pton(AF_INET6, name, out->bytes) != 1) || (has_prefix && !str_to_u64(prefix, &bits)) ||
        bits > (is_v4 ? 32 : 128))
        return err_set(err, ERR_BAD_INPUT, "--webhook-networks: '%.*s' is no address and no network", STR_ARG(text));
    out->bits = !has_prefix ? 128 : (unsigned)bits + (is_v4 ? 96 : 0);
    return OK;
}

enum err_code webhook_networks_create(struct webhook_networks **out, struct str text, struct err *err) {
    struct webhook_networks *networks = calloc(1, sizeof *networks);
    enum err_code code = networks == NULL ? err_set(err, ERR_INTERNAL, "out of memory") : OK;
    struct str item;
    *out = NULL;
    while (code == OK && text.len > 0) {
        if (!str_cut(text, ',', &item, &text))
            text = STR_EMPTY;
        if (networks->count == NETWORKS_MAX)
            code = err_set(err, ERR_BAD_INPUT, "--webhook-networks takes at most %d", NETWORKS_MAX);
        else if (str_trim(item).len > 0)
            code = parse_network(&networks->items[networks->count++], str_trim(item), err);
    }
    if (code != OK)
        free(networks);
    else
        *out = networks;
    return code;
}

void webhook_networks_destroy(struct webhook_networks *networks) {
    free(networks);
}

/* ---- signing ---- */

struct str webhook_secret(const struct secrets *secrets, int64_t integration_id, struct arena *arena) {
    struct secret_hash hash = secrets_hash(secrets, SECRET_WEBHOOK, arena_printf(arena, "webhook:%lld", (long long)integration_id));
    return hash_hex(hash.bytes, SHA256_BYTES, arena);
}

static struct str sign(struct str secret, struct str text, struct arena *arena) {
    unsigned char mac[SHA256_BYTES];
    hash_hmac_sha256(mac, secret, text);
    return hash_hex(mac, SHA256_BYTES, arena);
}

/* ---- sending ---- */

struct refusal {
    const struct webhook_networks *networks;
    bool has_refused;
};

static bool may_connect(void *context, const struct sockaddr *address) {
    struct refusal *refusal = context;
    bool may = webhook_may_connect(refusal->networks, address);
    refusal->has_refused = refusal->has_refused || !may;
    return may;
}

/* Time stamp and body together, so that an old request cannot be sent again as a new one; and the body alone, as receivers
 * made for the hosted product check it. */
static enum err_code post(const struct delivery *delivery, struct http_client *client, struct str secret, struct http_response *response,
                          struct arena *arena, struct err *err) {
    struct str stamp = arena_printf(arena, "%lld", (long long)clock_wall_ms());
    struct str text = arena_printf(arena, "%.*s.%.*s", STR_ARG(stamp), STR_ARG(delivery->body));
    struct str ours = arena_printf(arena, "t=%.*s,v1=%.*s", STR_ARG(stamp), STR_ARG(sign(secret, text, arena)));
    const struct http_field fields[] = { { STR("Content-Type"), STR("application/json") },
                                         { STR("X-Barograph-Delivery"), arena_printf(arena, "%lld", (long long)delivery->id) },
                                         { STR("X-Barograph-Signature"), ours },
                                         { STR("X-Wandb-Signature"), sign(secret, delivery->body, arena) } };
    struct http_request request = { .method = STR("POST"),
                                    .url = delivery->target,
                                    .fields = fields,
                                    .field_count = sizeof fields / sizeof fields[0],
                                    .body = delivery->body,
                                    .max_body_bytes = ANSWER_MAX_BYTES,
                                    .timeout_ms = TIMEOUT_MS };
    return http_client_send(client, &request, response, err);
}

static void judge(struct delivery_outcome *out, int status, struct arena *arena) {
    out->status_code = status;
    out->is_sent = status >= 200 && status < 300;
    out->is_hopeless = !out->is_sent && status < 500 && status != 408 && status != 429;
    if (!out->is_sent)
        out->error = status >= 300 && status < 400 ? STR("it answered with a redirect, which is not followed")
                                                   : arena_printf(arena, "it answered with status %d", status);
}

void webhook_send(const struct webhook_networks *networks, const struct secrets *secrets, const struct delivery *delivery,
                  struct delivery_outcome *out, struct arena *arena) {
    struct refusal refusal = { networks, false };
    struct http_client_options options = { .user_agent = STR("barograph"),
                                           .ignores_proxies = true,
                                           .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                           .silence_timeout_ms = TIMEOUT_MS,
                                           .may_connect = may_connect,
                                           .may_connect_context = &refusal };
    struct http_response response = { 0 };
    struct http_client *client = NULL;
    struct err err;
    enum err_code code = http_client_create(&client, &options, &err);
    if (code == OK)
        code = post(delivery, client, webhook_secret(secrets, delivery->integration_id, arena), &response, arena, &err);
    *out = (struct delivery_outcome){ 0 };
    /* An answer that is too long to read is an answer still. */
    if (code == OK || (code == ERR_TOO_LARGE && response.status > 0)) {
        judge(out, response.status, arena);
    } else {
        out->error = refusal.has_refused ? STR("the address is in a private network: an administrator may allow it with --webhook-networks")
                                         : arena_copy(arena, str_from_c(err.message));
        out->is_hopeless = refusal.has_refused || code == ERR_BAD_INPUT;
    }
    http_response_finish(&response);
    http_client_destroy(client);
}
