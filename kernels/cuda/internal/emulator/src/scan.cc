/* Two things of CUDA C are not expressible in C++ by macros alone: shared memory that can be
 * poisoned before each block, for which every kernel's shared variables get a section of
 * their own, and the list of kernels. Both are found in the preprocessed text by their marks. */
#include <cctype>
#include <cstdlib>
#include <map>
#include <vector>
#include "scan.h"

namespace emu {

struct Token {
	size_t begin, end;
	bool word;
};

static bool word_start(char c) { return isalpha((unsigned char)c) || c == '_'; }
static bool word_part(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* skip_quoted returns the end of the string or character constant that starts at i. */
static size_t skip_quoted(const std::string &s, size_t i)
{
	char quote = s[i++];
	while (i < s.size() && s[i] != quote)
		i += s[i] == '\\' ? 2 : 1;
	return i + 1;
}

static std::vector<Token> tokens(const std::string &s)
{
	std::vector<Token> out;
	bool line_start = true;
	for (size_t i = 0; i < s.size();) {
		char c = s[i];
		if (c == '\n') {
			line_start = true;
			i++;
		} else if (isspace((unsigned char)c)) {
			i++;
		} else if (c == '#' && line_start) {
			while (i < s.size() && s[i] != '\n')
				i++;
		} else {
			size_t begin = i;
			line_start = false;
			bool word = word_start(c);
			if (word)
				while (i < s.size() && word_part(s[i]))
					i++;
			else if (isdigit((unsigned char)c))
				while (i < s.size() && (word_part(s[i]) || s[i] == '.' || s[i] == '\''))
					i++;
			else if (c == '"' || c == '\'')
				i = skip_quoted(s, i);
			else
				i++;
			out.push_back(Token{begin, i, word});
		}
	}
	return out;
}

struct Kernel {
	std::string name;
	unsigned bounds;
	bool shared;
};

class Scanner {
public:
	explicit Scanner(const std::string &source) : s(source), t(tokens(source)) {}

	std::string run()
	{
		for (size_t i = 0; i < t.size(); i++) {
			if (is(i, "{"))
				depth++;
			if (is(i, "}") && --depth == body)
				inside = -1, body = -1;
			if (is(i, "__elbo_global__"))
				i = kernel(i);
			else if (is(i, "__elbo_shared__"))
				i = shared(i);
			else if (is(i, "__elbo_bounds__"))
				i = drop_call(i);
		}
		out.append(s, copied, std::string::npos);
		return out + table();
	}

private:
	const std::string &s;
	std::vector<Token> t;
	std::string out;
	size_t copied = 0;
	int depth = 0, body = -1; /* braces open; those open around the kernel's body */
	int inside = -1;          /* the kernel whose body this is */
	std::vector<Kernel> kernels;

	std::string text(size_t i) const { return i < t.size() ? s.substr(t[i].begin, t[i].end - t[i].begin) : ""; }
	bool is(size_t i, const char *word) const
	{
		return i < t.size() && s.compare(t[i].begin, t[i].end - t[i].begin, word) == 0;
	}

	/* replace puts text where the tokens from first up to last were. */
	void replace(size_t first, size_t last, const std::string &with)
	{
		out.append(s, copied, t[first].begin - copied);
		out += with;
		copied = t[last].end;
	}

	/* closing returns the index of the bracket that closes the one at i. */
	size_t closing(size_t i) const
	{
		int open = 0;
		for (; i < t.size(); i++) {
			if (is(i, "(") || is(i, "[") || is(i, "{"))
				open++;
			if ((is(i, ")") || is(i, "]") || is(i, "}")) && --open == 0)
				return i;
		}
		return t.size() - 1;
	}

	size_t drop_call(size_t i)
	{
		size_t end = is(i + 1, "(") ? closing(i + 1) : i;
		replace(i, end, "");
		return end;
	}

	/* kernel notes the definition whose __global__ stands at i and enters its body. */
	size_t kernel(size_t i)
	{
		bool is_template = after_template(i);
		unsigned bounds = 0;
		replace(i, i, "");
		for (i++; i < t.size() && !is(i, ";") && !is(i, "{"); i++) {
			if (is(i, "__elbo_bounds__")) {
				bounds = (unsigned)strtoul(text(i + 2).c_str(), nullptr, 0);
				i = drop_call(i);
			} else if (is(i, "__attribute__") || is(i, "alignas")) {
				i = closing(i + 1);
			} else if (t[i].word && is(i + 1, "(")) {
				size_t end = closing(i + 1);
				if (is(end + 1, "{") && !is_template) {
					kernels.push_back(Kernel{text(i), bounds, false});
					inside = (int)kernels.size() - 1;
					body = depth;
				}
				return end;
			}
		}
		return i;
	}

	/* after_template says whether the declaration around i begins with template <...>. */
	bool after_template(size_t i) const
	{
		while (i > 0 && !is(i - 1, ";") && !is(i - 1, "}") && !is(i - 1, "{"))
			if (is(--i, "template"))
				return true;
		return false;
	}

	/* shared rewrites a variable's storage: [extern] __shared__ type name[...]; */
	size_t shared(size_t i)
	{
		size_t end = i;
		while (end + 1 < t.size() && !is(end, ";"))
			end++;
		bool dynamic = (i > 0 && is(i - 1, "extern")) || is(i + 1, "extern");
		if (dynamic)
			return dynamic_array(i, end);
		size_t first = i > 0 && is(i - 1, "static") ? i - 1 : i;
		std::string storage = "static ";
		if (inside >= 0) {
			kernels[(size_t)inside].shared = true;
			storage += "__attribute__((section(\"elbo_shared_" + kernels[(size_t)inside].name + "\"))) ";
		}
		replace(first, i, storage);
		return i;
	}

	size_t dynamic_array(size_t i, size_t end)
	{
		size_t first = is(i + 1, "extern") ? i : i - 1, type = is(i + 1, "extern") ? i + 2 : i + 1, name = type;
		while (name < end && !is(name + 1, "["))
			name++;
		std::string element;
		for (size_t k = type; k < name; k++) {
			if (is(k, "alignas") || is(k, "__attribute__"))
				k = closing(k + 1);
			else
				element += text(k) + " ";
		}
		std::string type_of = element + "*const &";
		replace(first, end, "static " + type_of + text(name) + " = (" + type_of + ")elbo_module.dynamic;");
		return end;
	}

	std::string table() const
	{
		std::string r = "\n";
		for (const Kernel &k : kernels)
			if (k.shared)
				for (const char *edge : {"start", "stop"})
					r += std::string("extern \"C\" __attribute__((visibility(\"hidden\"))) char __") + edge +
					     "_elbo_shared_" + k.name + "[];\n";
		r += "extern \"C\" const elbo_kernel elbo_kernels[];\nconst elbo_kernel elbo_kernels[] = {\n";
		for (const Kernel &k : kernels) {
			std::string edges = k.shared ? "__start_elbo_shared_" + k.name + ", __stop_elbo_shared_" + k.name : "0, 0";
			r += "elbo_entry<&" + k.name + ">::describe(\"" + k.name + "\", " + std::to_string(k.bounds) + ", " + edges + "),\n";
		}
		return r + "{}};\n";
	}
};

std::string prepare(const std::string &source) { return Scanner(source).run(); }

} // namespace emu
