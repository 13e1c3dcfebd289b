#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define ONCE(x) ({ static int PASTE(seen_, __LINE__); PASTE(seen_, __LINE__) += (x); })
#define COUNTER static int PASTE(counter_, __LINE__); __attribute__((used)) static int *PASTE(at_, __LINE__)(void) { return &PASTE(counter_, __LINE__); }
extern int printk(const char *format, ...);

COUNTER

COUNTER

int f(int a)
{
    printk("%d", a);
    return ONCE(a)
        + ONCE(a * 3);
}

int g(int a) { return ONCE(a + 5); }
