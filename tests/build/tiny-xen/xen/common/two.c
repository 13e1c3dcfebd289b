#include "../include/shared.h"

int two(int x)
{
    return x * SHARED;
}
