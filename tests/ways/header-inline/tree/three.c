#include "check.h"

int three(int a) { return other(a); }
