/* The sequence locks that camd writes with pwrite: no reader sees a word that is being changed as one of long ago. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/sys.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_store.h"
#include "shm_fixture.h"

enum { CHANGES = 70000 }; /* carries into the third byte */

static char prefix[SHM_PREFIX_MAX + 1];

static struct shm_store *make_store(void)
{
    const struct shm_plan plan = {.prefix = prefix,
                                  .camera = "front",
                                  .width = 16,
                                  .height = 16,
                                  .slots = CAMD_SLOTS_MIN,
                                  .generation = 7,
                                  .first_frame_id = 1,
                                  .group = (gid_t)-1};
    struct shm_store *store = NULL;
    int result;
    fixture_prefix(prefix);
    assert_int_equal(shm_store_new(&store, &plan), 0);
    while ((result = shm_store_step(store)) == 0)
        ;
    assert_int_equal(result, 1);
    return store;
}

/* A kernel that copies byte by byte. */
static struct {
    bool on;
    uint32_t word; /* of ptz's lock, as it is */
    unsigned int writes;
} slow_kernel;

ssize_t __real_sys_pwrite(int fd, const void *buffer, size_t size, off_t offset);
ssize_t __wrap_sys_pwrite(int fd, const void *buffer, size_t size, off_t offset);

/* What a reader may see of the word while it is being changed: each of its bytes old or new. */
static void check_mixtures(uint32_t before, uint32_t after)
{
    for (unsigned int choice = 0; choice < 16; choice++) {
        uint32_t seen = 0;
        for (unsigned int byte = 0; byte < 4; byte++)
            seen |= (choice >> byte & 1 ? after : before) & UINT32_C(0xff) << 8 * byte;
        assert_true(seen % 2 == 1 || seen == before || seen == after);
    }
}

ssize_t __wrap_sys_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    const off_t word = offsetof(struct camd_info, ptz.sequence);
    if (slow_kernel.on && offset >= word && offset < word + (off_t)sizeof(slow_kernel.word)) {
        uint32_t after = slow_kernel.word;
        memcpy((char *)&after + (offset - word), buffer, size);
        check_mixtures(slow_kernel.word, after);
        slow_kernel.word = after;
        slow_kernel.writes++;
    }
    return __real_sys_pwrite(fd, buffer, size, offset);
}

/* A carry seen half done was an even word of 128 changes ago. */
static void test_ptz_word_is_never_of_long_ago(void **state)
{
    struct shm_store *store = make_store();
    (void)state;
    slow_kernel.on = true;
    slow_kernel.word = 0;
    for (int64_t i = 1; i <= CHANGES; i++)
        assert_int_equal(shm_blocks_set_ptz(store, true, i), 0);
    slow_kernel.on = false;
    assert_int_equal(slow_kernel.word, 2 * CHANGES);
    assert_int_equal(slow_kernel.writes, 3 * CHANGES);
    shm_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ptz_word_is_never_of_long_ago)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
