const int primes[] = { 2, 3, 5, 7, 11, 13 };
int f(int i) { return primes[i]; }
