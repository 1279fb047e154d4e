/* http_url.c - see http_url.h. */
#include "base/http_url.h"

static bool is_visible_ascii(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7F)
            return false;
    return text.len > 0;
}

static size_t find_any(struct str text, const char *characters) {
    size_t at = 0;
    while (at < text.len && strchr(characters, text.ptr[at]) == NULL)
        at++;
    return at;
}

static struct str last_part(struct str text, char separator, struct str *before) {
    size_t end = text.len;
    while (end > 0 && text.ptr[end - 1] != separator)
        end--;
    *before = str_slice(text, 0, end == 0 ? 0 : end - 1);
    return str_from(text, end);
}

static bool parse_authority(struct http_url *url) {
    struct str port_text = STR_EMPTY, after;
    bool has_port;
    uint64_t port;

    if (str_starts_with(url->authority, STR("["))) {
        if (!str_cut(str_from(url->authority, 1), ']', &url->host, &after))
            return false;
        has_port = after.len > 0;
        if (has_port && after.ptr[0] != ':')
            return false;
        port_text = str_from(after, 1);
    } else {
        has_port = str_cut(url->authority, ':', &url->host, &port_text);
    }
    url->port = url->is_secure ? 443 : 80;
    if (!has_port)
        return url->host.len > 0;
    if (!str_to_u64(port_text, &port) || port == 0 || port > 65535)
        return false;
    url->port = (uint16_t)port;
    return url->host.len > 0;
}

enum err_code http_url_parse(struct http_url *out, struct str text, struct err *err) {
    struct str scheme, rest;

    *out = (struct http_url){ 0 };
    if (!is_visible_ascii(text))
        return err_set(err, ERR_BAD_INPUT,
                       "the address is empty or holds a byte that should be percent-encoded");
    if (!str_cut(text, ':', &scheme, &rest) || !str_starts_with(rest, STR("//")))
        return err_set(err, ERR_BAD_INPUT, "the address '%.*s' does not begin with 'http://' or 'https://'",
                       STR_ARG(text));
    out->is_secure = str_eq_ignore_case(scheme, STR("https"));
    if (!out->is_secure && !str_eq_ignore_case(scheme, STR("http")))
        return err_set(err, ERR_BAD_INPUT, "the address '%.*s' does not begin with 'http://' or 'https://'",
                       STR_ARG(text));
    rest = str_from(rest, 2);
    size_t authority_len = find_any(rest, "/?#");
    out->authority = last_part(str_slice(rest, 0, authority_len), '@', &out->credentials);
    out->target = str_from(rest, authority_len);
    out->target.len = find_any(out->target, "#");
    if (!parse_authority(out))
        return err_set(err, ERR_BAD_INPUT, "the address '%.*s' has no host or a malformed port",
                       STR_ARG(text));
    return OK;
}

bool http_url_same_origin(const struct http_url *a, const struct http_url *b) {
    return a->is_secure == b->is_secure && a->port == b->port && str_eq_ignore_case(a->host, b->host);
}

bool http_url_is_loopback(const struct http_url *url) {
    return str_eq_ignore_case(url->host, STR("localhost")) || str_starts_with(url->host, STR("127.")) ||
           str_eq(url->host, STR("::1"));
}

static bool names_host(struct str item, const struct http_url *url) {
    struct str name, port_text;
    uint64_t port;

    if (str_eq(item, STR("*")) || str_eq_ignore_case(item, url->host))
        return true;
    if (str_cut(item, ':', &name, &port_text) && str_to_u64(port_text, &port)) {
        if (port != url->port)
            return false;
        item = name;
    }
    while (str_starts_with(item, STR(".")))
        item = str_from(item, 1);
    if (item.len == 0 || item.len > url->host.len)
        return false;
    struct str tail = str_from(url->host, url->host.len - item.len);
    bool at_label = tail.len == url->host.len || url->host.ptr[url->host.len - item.len - 1] == '.';
    return at_label && str_eq_ignore_case(tail, item);
}

bool http_no_proxy_has(struct str list, const struct http_url *url) {
    for (bool has_more = list.len > 0; has_more;) {
        struct str item;
        has_more = str_cut(list, ',', &item, &list);
        item = str_trim(item);
        if (item.len > 0 && names_host(item, url))
            return true;
    }
    return false;
}
