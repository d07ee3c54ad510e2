//go:build elbo_cuda && linux

package load

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// include is the folder of the project's headers.
const include = "../../include"

// headers are the project's headers, in the order they are included.
var headers = []string{"cuda.h", "cublas_v2.h", "nvrtc.h"}

var (
	enumerator = regexp.MustCompile(`\b([A-Z][A-Z0-9_]+) = `)
	structure  = regexp.MustCompile(`(?s)typedef struct \{(.*?)\} (?:__attribute__\S+ )?(\w+);`)
	member     = regexp.MustCompile(`(\w+)(?:\[\d+\])?(?:, \w+)*$`)
	declared   = regexp.MustCompile(`(?m)^(?:CUresult |cublasStatus_t |nvrtcResult |const char \*)[^;]*;`)
	constant   = regexp.MustCompile(`(?m)^#define (CU_[A-Z0-9_]+) \d`)
)

// toolkit gives the folders of NVIDIA's headers from ELBO_CUDA_INCLUDE (separated by colons) or
// CUDA_HOME, as compiler flags.
func toolkit(t *testing.T) []string {
	folders := filepath.SplitList(os.Getenv("ELBO_CUDA_INCLUDE"))
	if home := os.Getenv("CUDA_HOME"); len(folders) == 0 && home != "" {
		folders = []string{filepath.Join(home, "include")}
	}
	if len(folders) == 0 {
		t.Skip("no toolkit: ELBO_CUDA_INCLUDE or CUDA_HOME names the folders of NVIDIA's headers")
	}
	var flags []string
	for _, f := range folders {
		flags = append(flags, "-I"+f)
	}
	return flags
}

// TestHeadersMatchToolkit compares every constant, the size of every structure and the place of every
// member with NVIDIA's headers.
func TestHeadersMatchToolkit(t *testing.T) {
	theirs := toolkit(t)
	program := facts(t)
	want, got := run(t, program, theirs), run(t, program, []string{"-I" + include})
	wantLines, gotLines := strings.Split(want, "\n"), strings.Split(got, "\n")
	if len(wantLines) != len(gotLines) || len(gotLines) < 400 {
		t.Fatalf("%d facts, %d in the toolkit", len(gotLines), len(wantLines))
	}
	for i := range gotLines {
		if gotLines[i] != wantLines[i] {
			t.Errorf("ours: %s; the toolkit's: %s", gotLines[i], wantLines[i])
		}
	}
}

// facts is a program that prints what the headers say.
func facts(t *testing.T) string {
	var b bytes.Buffer
	for _, h := range headers {
		fmt.Fprintf(&b, "#include <%s>\n", h)
	}
	b.WriteString("#include <stdio.h>\n#include <stddef.h>\nint main(void) {\n")
	for _, h := range headers {
		text := read(t, h)
		names := append(enumerator.FindAllStringSubmatch(text, -1), constant.FindAllStringSubmatch(text, -1)...)
		for _, m := range names {
			// Toolkits drop the names of old cards, and masks grow with new flags.
			if !strings.HasPrefix(m[1], "CU_TARGET_COMPUTE_") && m[1] != "CU_CTX_FLAGS_MASK" {
				fmt.Fprintf(&b, "\tprintf(\"%[1]s %%lld\\n\", (long long)(%[1]s));\n", m[1])
			}
		}
		for _, m := range structure.FindAllStringSubmatch(text, -1) {
			fmt.Fprintf(&b, "\tprintf(\"%[1]s %%zu\\n\", sizeof(%[1]s));\n", m[2])
			for _, line := range strings.Split(strings.Trim(m[1], "\t\n; "), ";") {
				name := member.FindStringSubmatch(strings.TrimSpace(line))[1]
				fmt.Fprintf(&b, "\tprintf(\"%[1]s.%[2]s %%zu %%zu\\n\", offsetof(%[1]s, %[2]s), "+
					"sizeof(((%[1]s *)0)->%[2]s));\n", m[2], name)
			}
		}
	}
	b.WriteString("\treturn 0;\n}\n")
	return b.String()
}

// TestPrototypesMatchToolkit declares each function again after NVIDIA's headers of CUDA 11, whose
// shape ours have: the compiler refuses a declaration that differs. Later headers renamed some.
func TestPrototypesMatchToolkit(t *testing.T) {
	theirs := toolkit(t)
	major := "#include <stdio.h>\n#include <cuda.h>\nint main(void) { printf(\"%d\", CUDA_VERSION / 1000); return 0; }"
	if v := run(t, major, theirs); v != "11" {
		t.Skipf("the toolkit is CUDA %s, the prototypes are those of CUDA 11", v)
	}
	var b bytes.Buffer
	for _, h := range headers {
		fmt.Fprintf(&b, "#include <%s>\n", h)
	}
	n := 0
	for _, h := range headers {
		for _, d := range declared.FindAllString(read(t, h), -1) {
			fmt.Fprintf(&b, "%s\n", d)
			n++
		}
	}
	if n < 350 {
		t.Fatalf("%d prototypes", n)
	}
	b.WriteString("int main(void) { return 0; }\n")
	if out := run(t, b.String(), theirs); out != "" {
		t.Error(out)
	}
}

// run compiles a C program with the given flags and gives what it prints.
func run(t *testing.T, program string, flags []string) string {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "program.c"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", append(flags, "-o", binary, source)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%.2000s", err, out)
	}
	out, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func read(t *testing.T, header string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(include, header))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
