extern int use(int);
__attribute__((weak)) int f(int a) { return use(a) * 3; }
int g(int a) { return f(a); }
