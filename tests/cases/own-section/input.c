extern int use(int);
__attribute__((section(".text.special"))) int f(int a) { return use(a) * 3; }
int g(int a) { return f(a); }
