int limit = 10;
int f(int i) { return i < limit; }
