extern int use(int);
int f(int a) { return use(a) * 3; }
int g(int a) __attribute__((alias("f")));
int h(int a) { return g(a) + 1; }
