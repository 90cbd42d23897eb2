#include "web/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* As a socket of both IPv6 and IPv4 names an address of the latter. */
static bool is_mapped_loopback(const struct in6_addr *address)
{
    enum { FOUR_BEGINS = 12 };

    return IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[FOUR_BEGINS] == IN_LOOPBACKNET;
}

bool address_is_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    if (address->sa_family == AF_INET)
        return ntohl(four->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
    return address->sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || is_mapped_loopback(&six->sin6_addr));
}

static bool parse(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        memcpy(address, &four, sizeof(four));
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        memcpy(address, &six, sizeof(six));
    else
        return false;
    return true;
}

bool address_of_forwarded(const char *header, struct sockaddr_storage *address)
{
    const char *comma = strrchr(header, ','), *last = comma ? comma + 1 : header;
    char text[INET6_ADDRSTRLEN];
    const size_t before = strspn(last, " "), length = strcspn(last + before, " ");
    if (length >= sizeof(text) || last[before + length + strspn(last + before + length, " ")] != '\0')
        return false;
    memcpy(text, last + before, length);
    text[length] = '\0';
    return parse(text, address);
}
