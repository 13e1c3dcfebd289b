#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
extern int fail(const char *where);

int f(int a) { return a > 7 ? fail("unit.c:" TEXT(__LINE__)) : a; }
int g(int a) { return a > 9 ? fail("unit.c:" TEXT(__LINE__)) : a; }
int h(int a) { return fail("unit.c:" TEXT(__LINE__)) + a; }
