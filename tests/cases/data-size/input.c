int slots[4];
int f(int i) { return slots[i & 3]++; }
