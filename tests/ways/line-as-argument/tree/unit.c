extern int call(int, int, int, int, int, int);

int line1(void) { return call(__LINE__, 0, 0, 0, 0, 0); }
int number1(void) { return call(4, 0, 0, 0, 0, 0); }
int line2(void) { return call(0, __LINE__, 0, 0, 0, 0); }
int number2(void) { return call(0, 6, 0, 0, 0, 0); }
int line3(void) { return call(0, 0, __LINE__, 0, 0, 0); }
int number3(void) { return call(0, 0, 8, 0, 0, 0); }
int line4(void) { return call(0, 0, 0, __LINE__, 0, 0); }
int number4(void) { return call(0, 0, 0, 10, 0, 0); }
int line5(void) { return call(0, 0, 0, 0, __LINE__, 0); }
int number5(void) { return call(0, 0, 0, 0, 12, 0); }
int line6(void) { return call(0, 0, 0, 0, 0, __LINE__); }
int number6(void) { return call(0, 0, 0, 0, 0, 14); }
