#include "shm_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/sys.h"
#include "leftovers.h"

struct fixture fixture;

void fixture_prefix(char prefix[SHM_PREFIX_MAX + 1])
{
    uint64_t number;
    assert_int_equal(getrandom(&number, sizeof(number), 0), sizeof(number));
    snprintf(prefix, SHM_PREFIX_MAX + 1, "camd-test-%016llx.", (unsigned long long)number);
}

static void for_each_name(const char *prefix, void (*visit)(int directory, const char *name, void *context),
                          void *context)
{
    DIR *directory = opendir(SHM_DIRECTORY);
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

/* Directories of tests have at most one in them, called x. */
static void remove_name(int directory, const char *name, void *context)
{
    int inside = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    (void)context;
    if (inside >= 0) {
        unlinkat(inside, "x", AT_REMOVEDIR);
        close(inside);
    }
    unlinkat(directory, name, inside >= 0 ? AT_REMOVEDIR : 0);
}

void fixture_remove_all(const char *prefix)
{
    for_each_name(prefix, remove_name, NULL);
}

void fixture_path(const char *prefix, const char *rest, char path[FIXTURE_PATH_BYTES])
{
    snprintf(path, FIXTURE_PATH_BYTES, "%s/%s%s", SHM_DIRECTORY, prefix, rest);
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

int fixture_set_up(void **state)
{
    (void)state;
    fixture_prefix(fixture.prefix);
    fixture.fds_before = count_descriptors();
    return 0;
}

int fixture_tear_down(void **state)
{
    (void)state;
    sys_fault_at(0, 0);
    fixture_remove_all(fixture.prefix);
    return 0;
}

void fixture_assert_nothing_left(void)
{
    assert_int_equal(fixture_count_names(fixture.prefix), 0);
    assert_int_equal(count_descriptors(), fixture.fds_before);
}

struct shm_plan fixture_plan(void)
{
    return (struct shm_plan){.prefix = fixture.prefix,
                             .camera = "front",
                             .width = FIXTURE_WIDTH,
                             .height = FIXTURE_HEIGHT,
                             .slots = FIXTURE_SLOTS,
                             .generation = 7,
                             .first_frame_id = 1001,
                             .group = (gid_t)-1};
}

struct shm_store *fixture_store_of(const struct shm_plan *plan)
{
    struct shm_store *store = NULL;
    int result;
    assert_int_equal(shm_store_new(&store, plan), 0);
    while ((result = shm_store_step(store)) == 0)
        ;
    assert_int_equal(result, 1);
    return store;
}

struct shm_store *fixture_store(void)
{
    struct shm_plan plan = fixture_plan();
    return fixture_store_of(&plan);
}

int fixture_open_part(const char *part, int flags)
{
    char path[FIXTURE_PATH_BYTES], rest[64];
    snprintf(rest, sizeof(rest), "front.%s", part);
    fixture_path(fixture.prefix, rest, path);
    return open(path, flags | O_CLOEXEC);
}

struct stat fixture_stat_part(const char *part)
{
    struct stat status;
    int fd = fixture_open_part(part, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    return status;
}

void *fixture_map_part(const char *part, size_t bytes, int protection)
{
    int fd = fixture_open_part(part, protection & PROT_WRITE ? O_RDWR : O_RDONLY);
    assert_true(fd >= 0);
    void *map = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);

    assert_true(map != MAP_FAILED);
    close(fd);
    return map;
}
