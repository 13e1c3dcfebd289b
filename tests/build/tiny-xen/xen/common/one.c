#include <shared.h>

int one(int x)
{
    return x + SHARED;
}

const char *where(void)
{
    return __FILE__;
}
