static int a(int i) { return i + 1; }
static int b(int i) { return i * 2; }
static int (*const table[])(int) = { a, b };
int f(int i) { return table[i](i); }
int g(int i) { return b(i); }
