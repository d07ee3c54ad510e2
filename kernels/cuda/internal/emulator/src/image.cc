/* The text form of a module: a header with the length and a checksum, then hexadecimal. */
#include <cstdio>
#include <cstring>
#include <sys/types.h>
#include "image.h"

namespace emu {

static const char header[] = "// elbo emulator module, not PTX: length %zu checksum %016llx\n";

u_int64_t hash(const std::string &bytes, u_int64_t seed)
{
	u_int64_t h = seed;
	for (unsigned char c : bytes)
		h = (h ^ c) * 1099511628211ull;
	return h;
}

std::string encode_ptx(const std::string &object)
{
	char line[128];
	snprintf(line, sizeof line, header, object.size(), (unsigned long long)hash(object));
	std::string out = line;
	static const char digit[] = "0123456789abcdef";
	for (unsigned char c : object) {
		out += digit[c >> 4];
		out += digit[c & 15];
	}
	out += '\n';
	return out;
}

static int value(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool decode_ptx(const char *ptx, std::string *object)
{
	size_t n = 0;
	unsigned long long sum = 0;
	if (sscanf(ptx, header, &n, &sum) != 2)
		return false;
	const char *p = strchr(ptx, '\n');
	if (!p++)
		return false;
	object->clear();
	object->reserve(n);
	for (size_t i = 0; i < n; i++, p += 2) {
		int high = value(p[0]), low = high < 0 ? -1 : value(p[1]);
		if (low < 0)
			return false;
		*object += (char)(high << 4 | low);
	}
	return hash(*object) == sum;
}

} // namespace emu
