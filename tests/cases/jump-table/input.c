extern int a(void), b(void), c(void), d(void), e(void), z(void);
int f(int i)
{
    switch (i) {
    case 0: return a();
    case 1: return b();
    case 2: return c();
    case 3: return d();
    case 4: return e();
    case 5: return a();
    }
    return z();
}
int g(int i) { return f(i) + 1; }
