/*
 * fill_map FILE MIB - an LMDB database of something else in FILE, so large that a map of MIB megabytes is full
 *
 * Beside it a table of camd's own fits in, for which there is no room left.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

static int fill(MDB_env *env, size_t bytes)
{
    enum { VALUE_BYTES = 1 << 20, LEFT_BYTES = 64 << 10 };
    static char value[VALUE_BYTES];
    MDB_txn *txn;
    MDB_dbi table;
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return code;
    code = mdb_dbi_open(txn, "ballast", MDB_CREATE | MDB_INTEGERKEY, &table);
    for (size_t key = 0; code == MDB_SUCCESS && bytes > LEFT_BYTES; key++) {
        const size_t left = bytes - LEFT_BYTES, size = left < VALUE_BYTES ? left : VALUE_BYTES;
        MDB_val name = {sizeof(key), &key}, data = {size, value};
        code = mdb_put(txn, table, &name, &data, 0);
        bytes -= size;
    }
    if (code == MDB_SUCCESS) /* LMDB tells by a table whose database it is */
        code = mdb_dbi_open(txn, "camd-grids", MDB_CREATE, &table);
    return code == MDB_SUCCESS ? mdb_txn_commit(txn) : code;
}

int main(int argc, char **argv)
{
    const size_t bytes = argc == 3 ? (size_t)atol(argv[2]) << 20 : 0;
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (argc != 3)
        return 2;
    if (code == MDB_SUCCESS)
        code = mdb_env_set_maxdbs(env, 2);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(env, 2 * bytes);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(env, argv[1], MDB_NOSUBDIR | MDB_NOSYNC, 0600);
    if (code == MDB_SUCCESS)
        code = fill(env, bytes);
    if (code != MDB_SUCCESS)
        fprintf(stderr, "fill_map: %s\n", mdb_strerror(code));
    mdb_env_close(env);
    return code == MDB_SUCCESS ? 0 : 1;
}
