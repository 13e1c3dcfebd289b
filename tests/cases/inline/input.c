extern int use(int);
static inline int twice(int a) { return use(a) * 2; }
int f(int a) { return twice(a); }
int g(int a) { return a; }
int h(int a) { return twice(a) + g(a); }
