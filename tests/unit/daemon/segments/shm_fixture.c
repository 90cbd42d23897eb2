#include "shm_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void fixture_prefix(char prefix[SHM_STORE_PREFIX_MAX + 1])
{
    uint64_t number;

    assert_int_equal(getrandom(&number, sizeof(number), 0), sizeof(number));
    snprintf(prefix, SHM_STORE_PREFIX_MAX + 1, "camd-test-%016llx.", (unsigned long long)number);
}

static void for_each_name(const char *prefix, void (*visit)(int directory, const char *name, void *context),
                          void *context)
{
    DIR *directory = opendir(SHM_STORE_DIRECTORY);

    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            visit(dirfd(directory), entry->d_name, context);
    }
    closedir(directory);
}

static void count_name(int directory, const char *name, void *context)
{
    size_t length = strlen(name);

    (void)directory;
    if (length < 5 || strcmp(name + length - 5, ".lock") != 0)
        ++*(size_t *)context;
}

size_t fixture_count_names(const char *prefix)
{
    size_t count = 0;

    for_each_name(prefix, count_name, &count);
    return count;
}

static void remove_name(int directory, const char *name, void *context)
{
    (void)context;
    if (unlinkat(directory, name, 0) < 0)
        unlinkat(directory, name, AT_REMOVEDIR);
}

void fixture_remove_all(const char *prefix)
{
    for_each_name(prefix, remove_name, NULL);
}

size_t fixture_count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

void fixture_path(const char *prefix, const char *rest, char path[FIXTURE_PATH_BYTES])
{
    snprintf(path, FIXTURE_PATH_BYTES, "%s/%s%s", SHM_STORE_DIRECTORY, prefix, rest);
}

void fixture_make_file(const char *prefix, const char *rest, size_t bytes)
{
    char path[FIXTURE_PATH_BYTES];

    fixture_path(prefix, rest, path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    close(fd);
}
