/* silent_names.c - name servers that never answer, for the names below .silent; preloaded into a program */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **result)
{
    resolver *real;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    const char *end = node ? strrchr(node, '.') : NULL;
    while (end && strcmp(end, ".silent") == 0)
        pause();
    return real(node, service, hints, result);
}
