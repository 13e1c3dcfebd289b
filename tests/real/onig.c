/*
 * Asks Oniguruma: each line is a letter and a number. With `k` a pattern serves that was compiled when the program began,
 * with `n` it is compiled anew. Answers end with a line that has `=` alone.
 */
#include <stdio.h>
#include <string.h>
#include "asked.h"
#include "oniguruma.h"

static const char *const patterns[] = {
  "a(b|c)*d", "(\\w+)@(\\w+)\\.com", "^\\s*#.*$", "(?<year>\\d{4})-(?<month>\\d\\d)", "(a+)+b", "x{2,5}?y", "[[:upper:]][^aeiou]+",
  "(?i)hello\\b", "(?=foo)\\w+", "(?<!un)known", "(?:ab|cd|ef)+\\Z", "\\A(\\d+)(?:,(\\d+))*", "(.)\\1", "(?m)begin.*end", "\\p{Greek}+",
  "(?>a|ab)c", "\\G\\w", "(?<paren>\\((?:[^()]|\\g<paren>)*\\))", "a??b*+c", "[a-f0-9&&[^c]]+",
};
static const char *const subjects[] = {
  "abcbcd abd ad", "write to someone@example.com, please", "  # a comment\nno comment\n", "on 2024-05-17 and 2023-12-01",
  "aaaaaaab aaac", "xxxxxxy xy", "The Quick Brown Fox", "well, HELLO there", "a food, foobar", "unknown known", "xyabcdef", "12,34,56;7",
  "bookkeeper aa", "begin\nmiddle\nend", "alpha \xce\xb1\xce\xb2\xce\xb3 beta", "abc ac", "f((a)(b(c)))", "bbbc c", "beef cafe 0c1d", "",
};
#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))
static regex_t *kept[COUNT(patterns)];

static regex_t *compile(int number)
{
  regex_t *made = NULL;
  OnigErrorInfo info;
  const UChar *pattern = (const UChar *)patterns[number];
  int result = onig_new(&made, pattern, pattern + strlen(patterns[number]), ONIG_OPTION_DEFAULT, ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA, &info);
  if (result != ONIG_NORMAL) printf("error %d\n", result);
  return result == ONIG_NORMAL ? made : NULL;
}

static void search(regex_t *regex, const char *text)
{
  const UChar *subject = (const UChar *)text, *end = subject + strlen(text);
  OnigRegion *region = onig_region_new();
  for (const UChar *from = subject; regex != NULL && from <= end;) {
    int result = onig_search(regex, subject, end, from, end, region, ONIG_OPTION_NONE);
    printf("%d:", result);
    if (result < 0) break;
    for (int at = 0; at < region->num_regs; at++) printf(" %d-%d", region->beg[at], region->end[at]);
    printf("\n");
    from = subject + region->end[0] + (region->end[0] == region->beg[0]);
  }
  printf("\n");
  onig_region_free(region, 1);
}

int main(void)
{
  char letter;
  int number;
  OnigEncoding used[] = { ONIG_ENCODING_UTF8 };
  onig_initialize(used, 1);
  for (int at = 0; at < COUNT(patterns); at++) kept[at] = compile(at);
  printf("=\n");
  fflush(stdout);
  while (next(&letter, &number)) {
    int at = number % COUNT(patterns);
    regex_t *regex = letter == 'k' ? kept[at] : compile(at);
    for (int subject = 0; subject < COUNT(subjects); subject++) search(regex, subjects[subject]);
    if (letter != 'k' && regex != NULL) onig_free(regex);
    printf("=\n");
    fflush(stdout);
  }
  return 0;
}
