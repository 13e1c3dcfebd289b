// Asks snappy: each line is a letter and a number, of which texts to press and unpress are made. Answers end with a line
// that has `=` alone.
#include <cstdio>
#include <string>
#include "asked.h"
#include "snappy.h"
#include "snappy-sinksource.h"

static unsigned mix(unsigned value) { return (value ^ (value >> 7)) * 2654435761u + 12345u; }

static std::string textOf(unsigned number)
{
  std::string text;
  unsigned state = number + 1;
  for (unsigned part = 0; part < 40 + number * 97 % 900; part++) {
    state = mix(state);
    if (state % 5 < 3 && text.size() > 64) text += text.substr(state / 8 % (text.size() - 32), 4 + state / 64 % 60);
    else for (unsigned k = 0; k < 1 + state % 9; k++) text += static_cast<char>('a' + (state = mix(state)) / 16 % 26);
  }
  return text;
}

static unsigned sumOf(const std::string &text)
{
  unsigned sum = 1;
  for (unsigned char letter : text) sum = sum * 31 + letter;
  return sum;
}

static void answer(unsigned number)
{
  std::string text = textOf(number), pressed, back;
  snappy::Compress(text.data(), text.size(), &pressed);
  size_t length = 0;
  bool isLength = snappy::GetUncompressedLength(pressed.data(), pressed.size(), &length);
  bool isValid = snappy::IsValidCompressedBuffer(pressed.data(), pressed.size());
  bool isBack = snappy::Uncompress(pressed.data(), pressed.size(), &back);
  std::printf("%zu %zu %08x %d %zu %d %d %08x\n", text.size(), pressed.size(), sumOf(pressed), isLength, length, isValid, isBack, sumOf(back));
  if (pressed.size() > 8) {
    std::string torn = pressed.substr(0, pressed.size() - 1 - number % 7), twisted = pressed;
    twisted[5] ^= static_cast<char>(number);
    std::printf("%d %d\n", snappy::IsValidCompressedBuffer(torn.data(), torn.size()), snappy::IsValidCompressedBuffer(twisted.data(), twisted.size()));
  }
  std::string sunk(snappy::MaxCompressedLength(text.size()), '\0');
  snappy::ByteArraySource source(text.data(), text.size());
  snappy::UncheckedByteArraySink sink(&sunk[0]);
  std::printf("%zu\n", snappy::Compress(&source, &sink));
}

int main()
{
  char letter;
  int number;
  std::printf("=\n");
  std::fflush(stdout);
  while (next(&letter, &number)) {
    answer(static_cast<unsigned>(number));
    std::printf("=\n");
    std::fflush(stdout);
  }
}
