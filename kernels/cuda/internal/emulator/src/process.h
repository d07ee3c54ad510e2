/* The host's compiler as a child process, and files. */
#ifndef ELBO_EMULATOR_PROCESS_H
#define ELBO_EMULATOR_PROCESS_H
#include <string>
#include <vector>

namespace emu {
/* run_process returns the exit status, with stdout and stderr; -1: it could not start. */
int run_process(const std::vector<std::string> &command, std::string *out, std::string *err);
bool read_file(const std::string &path, std::string *out);
bool write_file(const std::string &path, const std::string &bytes);
bool replace_file(const std::string &path, const std::string &bytes); /* all of it or nothing */
void make_directories(const std::string &path);
void remove_tree(const std::string &path);
void limit_files(const std::string &path, size_t most); /* removes the older half of too many */
std::string cache_directory();
}
#endif
