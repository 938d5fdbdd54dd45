/* SPDX-License-Identifier: MIT */
/* address.c - "[ADDR:]PORT" of the command line. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"

GInetAddress *address_parse(const char *text, int *port)
{
    g_autofree char *host = g_strdup(text);
    guint64 number = 0;
    char *colon = strrchr(host, ':');
    bool many = colon && strchr(host, ':') != colon;
    *port = -1;
    if (!colon && g_ascii_string_to_unsigned(host, 10, 0, G_MAXUINT16, &number, NULL)) {
        *port = (int)number;
        return g_inet_address_new_from_string(ADDRESS_DEFAULT);
    }
    if (colon && (!many || (colon > host && colon[-1] == ']'))) {
        if (!g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &number, NULL))
            return NULL;
        *port = (int)number;
        *colon = '\0';
    }
    size_t length = strlen(host);
    char *name = host;
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        name++;
    }
    return g_inet_address_new_from_string(g_str_equal(name, "localhost") ? ADDRESS_DEFAULT : name);
}

GInetAddress *address_outward(GInetAddress *address)
{
    struct ifaddrs *all = NULL;
    GInetAddress *found = NULL;
    if (!g_inet_address_get_is_any(address))
        return g_object_ref(address);
    if (getifaddrs(&all) == 0) {
        for (struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
            if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET && (one->ifa_flags & IFF_UP) &&
                !(one->ifa_flags & IFF_LOOPBACK))
                found = g_inet_address_new_from_bytes(
                    (const guint8 *)&((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr,
                    G_SOCKET_FAMILY_IPV4);
        }
        freeifaddrs(all);
    }
    return found ? found : g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
}

char *address_text(GInetAddress *address)
{
    g_autofree char *text = g_inet_address_to_string(address);
    bool six = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
    return g_strdup_printf("%s%s%s", six ? "[" : "", text, six ? "]" : "");
}
