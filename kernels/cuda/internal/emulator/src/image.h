/* How a compiled module travels where PTX, a text ending in a zero byte, is due. */
#ifndef ELBO_EMULATOR_IMAGE_H
#define ELBO_EMULATOR_IMAGE_H
#include <string>

namespace emu {
std::string encode_ptx(const std::string &object);
bool decode_ptx(const char *ptx, std::string *object); /* false: not an image, or a damaged one */
std::string built_with(); /* as modules compiled now carry it */
u_int64_t hash(const std::string &bytes, u_int64_t seed = 1469598103934665603ull);
}
#endif
