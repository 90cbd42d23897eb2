// aligned_arrays.cpp - operator new[] of the programs with OpenCV in them: every array begins with a cache line
//
// OpenCV's convolution gathers its input in an array of 16 to 74 KB, in which it begins at a multiple of 32 bytes, as AVX2
// wants it. With AVX-512 it reads 64 bytes at a time from there. Of malloc()'s blocks chance decides whether these 64 bytes
// are one cache line or halves of two, for as long as the process runs: a picture of 416x320 took 32 or 45 ms (nanodet, AMD
// EPYC, OpenCV 4.6), one of 512x384 46 or 67 ms. With this it takes the lesser time always.
#include <cstdlib>
#include <new>

namespace
{
constexpr std::size_t CACHE_LINE_BYTES = 64;
}

void *operator new[](std::size_t size)
{
    void *array = nullptr;
    if (posix_memalign(&array, CACHE_LINE_BYTES, size) != 0)
        throw std::bad_alloc();
    return array;
}

void operator delete[](void *array) noexcept
{
    std::free(array);
}

void operator delete[](void *array, std::size_t) noexcept
{
    std::free(array);
}
