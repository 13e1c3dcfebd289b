extern int printk(const char *format, ...);
#define ONE 1
#define TWO 2
#define THREE 3

int f(int a) { return printk("%d", a + ONE); }
int g(void) { return printk("%d", __LINE__); }
#line 100 "grammar.y"
int h(void) { return printk("%d", __LINE__); }
