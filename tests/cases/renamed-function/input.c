__attribute__((noinline)) static int before(int a) { return a * 77; }
int f(int a) { return before(a) + before(a + 1); }
