#include "include/old.h"

int h(int a) { return checked(a + 1); }
