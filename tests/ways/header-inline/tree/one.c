#include "check.h"

int one(int a) { return checked(a); }
int one_other(int a) { return other(a); }
