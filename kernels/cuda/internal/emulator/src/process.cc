/* Child processes and files, without what a shell would add. */
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "process.h"

extern char **environ;

namespace emu {

static void read_both(int out, int err, std::string *to_out, std::string *to_err)
{
	pollfd wait[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
	std::string *to[2] = {to_out, to_err};
	for (int open = 2; open > 0;) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			if (wait[i].fd < 0 || !wait[i].revents)
				continue;
			char bytes[65536];
			ssize_t n = read(wait[i].fd, bytes, sizeof bytes);
			if (n > 0)
				to[i]->append(bytes, (size_t)n);
			else if (n == 0 || errno != EINTR)
				wait[i].fd = -1, open--;
		}
	}
}

int run_process(const std::vector<std::string> &command, std::string *out, std::string *err)
{
	int a[2], b[2];
	if (pipe2(a, O_CLOEXEC) != 0)
		return -1;
	if (pipe2(b, O_CLOEXEC) != 0) {
		close(a[0]), close(a[1]);
		return -1;
	}
	std::vector<char *> argv;
	for (const std::string &s : command)
		argv.push_back(const_cast<char *>(s.c_str()));
	argv.push_back(nullptr);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, a[1], 1);
	posix_spawn_file_actions_adddup2(&actions, b[1], 2);
	posix_spawnattr_t attributes;
	posix_spawnattr_init(&attributes);
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	pid_t child;
	int status = posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(a[1]), close(b[1]);
	int code = -1;
	if (status == 0) {
		read_both(a[0], b[0], out, err);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	}
	close(a[0]), close(b[0]);
	return code;
}

bool read_file(const std::string &path, std::string *out)
{
	FILE *f = fopen(path.c_str(), "rbe");
	if (!f)
		return false;
	char bytes[65536];
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
		out->append(bytes, n);
	bool good = !ferror(f);
	fclose(f);
	return good;
}

bool write_file(const std::string &path, const std::string &bytes)
{
	FILE *f = fopen(path.c_str(), "wbe");
	if (!f)
		return false;
	bool good = fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size();
	return fclose(f) == 0 && good;
}

bool replace_file(const std::string &path, const std::string &bytes)
{
	std::string part = path + "." + std::to_string(getpid()) + ".part";
	if (write_file(part, bytes) && rename(part.c_str(), path.c_str()) == 0)
		return true;
	unlink(part.c_str());
	return false;
}

void make_directories(const std::string &path)
{
	for (size_t i = 1; i <= path.size(); i++)
		if (i == path.size() || path[i] == '/')
			mkdir(path.substr(0, i).c_str(), 0755);
}

void remove_tree(const std::string &path)
{
	if (DIR *d = opendir(path.c_str())) {
		while (dirent *e = readdir(d)) {
			std::string name = e->d_name;
			if (name != "." && name != "..")
				remove_tree(path + "/" + name);
		}
		closedir(d);
	}
	remove(path.c_str());
}

void limit_files(const std::string &path, size_t most)
{
	std::vector<std::pair<time_t, std::string>> files;
	if (DIR *d = opendir(path.c_str())) {
		while (dirent *e = readdir(d)) {
			struct stat s;
			std::string name = path + "/" + e->d_name;
			if (stat(name.c_str(), &s) == 0 && S_ISREG(s.st_mode))
				files.emplace_back(s.st_mtime, name);
		}
		closedir(d);
	}
	if (files.size() < most)
		return;
	std::sort(files.begin(), files.end());
	for (size_t i = 0; i < files.size() / 2; i++)
		unlink(files[i].second.c_str());
}

std::string cache_directory()
{
	if (const char *s = getenv("ELBO_EMU_CACHE"))
		if (*s)
			return s;
	if (const char *s = getenv("XDG_CACHE_HOME"))
		if (*s)
			return std::string(s) + "/elbo-emulator";
	const char *home = getenv("HOME");
	return std::string(home && *home ? home : "/tmp") + "/.cache/elbo-emulator";
}

} // namespace emu
