struct place { const char *file; int line; short column; };
extern int note(const struct place *place);
extern int check(int);

int compared(int a) { return check(a > __LINE__); }
int compared_more(int a) { return check(a > __LINE__ + 4); }
int added(int a) { return a + __LINE__; }
int added_more(int a) { return a + __LINE__ + 4; }
int multiplied(int a) { return check(a) * 3 + __LINE__ * 2; }
int stored(void) { struct place here = { "file", __LINE__, 7 }; return note(&here); }
int stored_more(void) { struct place here = { "file", __LINE__, 12 }; return note(&here); }
const struct place constant = { "file", __LINE__, 13 };
const struct place constant_more = { "file", __LINE__, 14 };
