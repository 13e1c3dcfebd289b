extern int printk(const char *format, ...);
#define printk_once(text) do { static int warned; if (!warned) { warned = 1; printk(text); } } while (0)

void f(void)
{
    printk_once("f");
}

void g(void)
{
    printk_once("g");
}
