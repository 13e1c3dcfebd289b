__attribute__((section(".init.text"))) int f(int a) { return a * 3; }
int g(int a) { return a; }
