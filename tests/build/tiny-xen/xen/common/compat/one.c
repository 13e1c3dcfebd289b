#define one compat_one
#define where compat_where
#include "../one.c"
