/* hosts.c - see hosts.h. */
#include "server/http/hosts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* IPv4 addresses are kept as ::ffff:a.b.c.d, so that there is one kind. */
struct network {
    unsigned char address[16];
    unsigned prefix_bits;
};

struct hosts {
    struct arena *arena;
    struct str *names;
    size_t name_count;
    struct network *proxies;
    size_t proxy_count;
};

static bool parse_address(unsigned char out[16], struct str text, bool *is_v4) {
    char copy[ADDRESS_TEXT_MAX];
    static const unsigned char mapped[12] = { [10] = 0xFF, [11] = 0xFF };

    if (text.len >= sizeof copy || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *is_v4 = inet_pton(AF_INET, copy, out + 12) == 1;
    if (*is_v4)
        memcpy(out, mapped, sizeof mapped);
    return *is_v4 || inet_pton(AF_INET6, copy, out) == 1;
}

static bool parse_network(struct network *out, struct str text) {
    struct str address, bits_text = STR_EMPTY;
    bool is_v4, has_bits = str_cut(text, '/', &address, &bits_text);
    uint64_t bits;

    if (!parse_address(out->address, address, &is_v4))
        return false;
    unsigned most = is_v4 ? 32 : 128;
    bits = most;
    if (has_bits && (!str_to_u64(bits_text, &bits) || bits > most))
        return false;
    out->prefix_bits = 128 - most + (unsigned)bits;
    return true;
}

static bool network_holds(const struct network *network, const unsigned char address[16]) {
    unsigned whole = network->prefix_bits / 8, bits = network->prefix_bits % 8;
    if (memcmp(network->address, address, whole) != 0)
        return false;
    return bits == 0 || (network->address[whole] ^ address[whole]) >> (8 - bits) == 0;
}

/* ---- names ---- */

static bool is_host_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' &&
            c != '-' && c != '_')
            return false;
    }
    return name.len > 0 && name.len <= 253;
}

bool hosts_parse(struct str host, struct str *name) {
    unsigned char address[16];
    struct str port = STR_EMPTY;
    uint64_t port_number;
    bool is_v4, has_port;

    if (str_starts_with(host, STR("["))) {
        struct str after;
        if (!str_cut(str_from(host, 1), ']', name, &after) || !parse_address(address, *name, &is_v4) || is_v4)
            return false;
        has_port = after.len > 0;
        if (has_port && after.ptr[0] != ':')
            return false;
        port = str_from(after, 1);
    } else {
        has_port = str_cut(host, ':', name, &port);
        if (!has_port)
            *name = host;
        if (!is_host_name(*name))
            return false;
    }
    return !has_port || (str_to_u64(port, &port_number) && port_number <= 65535);
}

static bool is_loopback(struct str name) {
    unsigned char address[16];
    bool is_v4;

    if (str_eq_ignore_case(name, STR("localhost")))
        return true;
    if (!parse_address(address, name, &is_v4))
        return false;
    return is_v4 ? address[12] == 127 : memcmp(address, &in6addr_loopback, sizeof address) == 0;
}

bool hosts_has(const struct hosts *hosts, struct str name, struct str local_address) {
    if (is_loopback(name) || str_eq(name, local_address))
        return true;
    for (size_t i = 0; i < hosts->name_count; i++)
        if (str_eq_ignore_case(hosts->names[i], name))
            return true;
    return false;
}

/* ---- proxies ---- */

bool hosts_trusts(const struct hosts *hosts, struct str peer) {
    unsigned char address[16];
    bool is_v4;

    if (hosts->proxy_count == 0 || !parse_address(address, peer, &is_v4))
        return false;
    for (size_t i = 0; i < hosts->proxy_count; i++)
        if (network_holds(&hosts->proxies[i], address))
            return true;
    return false;
}

struct str hosts_forwarded_for(const struct hosts *hosts, struct str forwarded_for, struct str peer) {
    struct str nearest = peer;
    while (forwarded_for.len > 0) {
        const char *comma = memrchr(forwarded_for.ptr, ',', forwarded_for.len);
        size_t first = comma == NULL ? 0 : (size_t)(comma - forwarded_for.ptr) + 1;
        struct str address = str_trim(str_from(forwarded_for, first));
        unsigned char parsed[16];
        bool is_v4;
        if (!parse_address(parsed, address, &is_v4))
            break;
        nearest = address;
        if (!hosts_trusts(hosts, address))
            break;
        forwarded_for.len = first == 0 ? 0 : first - 1;
    }
    return nearest;
}

/* ---- making ---- */

static enum err_code add_name(struct hosts *hosts, struct str text, struct err *err) {
    struct str name;
    if (!hosts_parse(text, &name))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a host's name", STR_ARG(text));
    hosts->names =
        arena_grow(hosts->arena, hosts->names, hosts->name_count, hosts->name_count + 1, sizeof name);
    hosts->names[hosts->name_count++] = arena_copy(hosts->arena, name);
    return OK;
}

static enum err_code add_proxy(struct hosts *hosts, struct str text, struct err *err) {
    struct network network;
    if (!parse_network(&network, text))
        return err_set(err, ERR_BAD_INPUT, "the trusted proxy '%.*s' is neither an address nor a network",
                       STR_ARG(text));
    hosts->proxies =
        arena_grow(hosts->arena, hosts->proxies, hosts->proxy_count, hosts->proxy_count + 1, sizeof network);
    hosts->proxies[hosts->proxy_count++] = network;
    return OK;
}

static enum err_code add_each(struct hosts *hosts, struct str list,
                              enum err_code (*add)(struct hosts *, struct str, struct err *),
                              struct err *err) {
    for (bool has_more = list.len > 0; has_more;) {
        struct str item;
        has_more = str_cut(list, ',', &item, &list);
        item = str_trim(item);
        if (item.len > 0)
            TRY(add(hosts, item, err));
    }
    return OK;
}

/* "https://host:port/prefix": the host and port. */
static struct str authority_of(struct str url) {
    struct str scheme, rest, authority, path;
    if (!str_cut(url, ':', &scheme, &rest) || !str_starts_with(rest, STR("//")))
        return STR_EMPTY;
    (void)str_cut(str_from(rest, 2), '/', &authority, &path);
    return authority;
}

static bool is_any_address(struct str name) {
    return str_eq(name, STR("0.0.0.0")) || str_eq(name, STR("::"));
}

static enum err_code fill(struct hosts *hosts, const struct http_options *options, struct err *err) {
    struct str listen_name;
    if (hosts_parse(options->listen, &listen_name) && !is_any_address(listen_name))
        TRY(add_name(hosts, options->listen, err));
    if (options->public_url.len > 0) {
        struct str authority = authority_of(options->public_url);
        if (authority.len == 0)
            return err_set(err, ERR_BAD_INPUT, "the public URL '%.*s' does not look like 'https://host'",
                           STR_ARG(options->public_url));
        TRY(add_name(hosts, authority, err));
    }
    TRY(add_each(hosts, options->hosts, add_name, err));
    return add_each(hosts, options->trusted_proxies, add_proxy, err);
}

enum err_code hosts_create(struct hosts **out, const struct http_options *options, struct err *err) {
    struct arena *arena = arena_create();
    struct hosts *hosts = ARENA_NEW(arena, struct hosts);
    hosts->arena = arena;
    enum err_code code = fill(hosts, options, err);
    if (code == OK)
        *out = hosts;
    else
        hosts_destroy(hosts);
    return code;
}

void hosts_destroy(struct hosts *hosts) {
    if (hosts != NULL)
        arena_destroy(hosts->arena);
}

void address_format(char out[ADDRESS_TEXT_MAX], const struct sockaddr_storage *address) {
    out[0] = '\0';
    if (address->ss_family == AF_INET)
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out,
                        ADDRESS_TEXT_MAX);
    if (address->ss_family != AF_INET6)
        return;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(v6))
        (void)inet_ntop(AF_INET, v6->s6_addr + 12, out, ADDRESS_TEXT_MAX);
    else
        (void)inet_ntop(AF_INET6, v6, out, ADDRESS_TEXT_MAX);
}
