package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// allowed lists, for each package or tree (ending in "/..."), the packages or trees of this
// module its files other than tests may import. The first rule that matches a package decides.
var allowed = []struct {
	pkg     string
	imports []string
}{
	{"elbo/kernels", nil},
	{"elbo/kernels/scalar/...", nil},
	{"elbo/kernels/kernelstest", []string{"elbo/kernels", "elbo/kernels/ref"}},
	{"elbo/kernels/cuda/probe", []string{"elbo/kernels/cuda/internal/driver"}},
	{"elbo/kernels/...", []string{"elbo/kernels", "elbo/kernels/scalar"}},
	{"elbo/graph", []string{"elbo/kernels"}},
	{"elbo/graph/...", []string{"elbo/kernels", "elbo/graph", "elbo/graph/transform"}},
	{"elbo/data", nil},
	{"elbo/data/formula", []string{"elbo/data"}},
	{"elbo/data/...", []string{"elbo/data"}},
	{"elbo/vi", []string{"elbo/graph"}},
	{"elbo/vi/diag", nil},
	{"elbo/vi/optim", []string{"elbo/graph", "elbo/vi"}},
	{"elbo/vi/train", []string{"elbo/graph", "elbo/data", "elbo/vi", "elbo/vi/optim"}},
	{"elbo/vi/elbo", []string{"elbo/graph", "elbo/graph/...", "elbo/vi"}},
	{"elbo/vi/family", []string{"elbo/graph", "elbo/graph/...", "elbo/vi"}},
	{"elbo/vi/model", []string{"elbo/graph", "elbo/graph/...", "elbo/vi"}},
	{"elbo/vi/feed", []string{"elbo/graph", "elbo/data"}},
	{"elbo/vi/...", []string{"elbo/graph", "elbo/graph/...", "elbo/vi", "elbo/vi/...", "elbo/data", "elbo/data/..."}},
	{"elbo/internal/testdevice", []string{"elbo/graph", "elbo/kernels/..."}},
	{"elbo/internal/...", nil},
	{"elbo/cmd/...", []string{"elbo/..."}},
}

// concreteDevices may be named by the package that chooses one, and by the one that opens devices for
// tests, which nothing but tests imports.
var concreteDevices = []string{"elbo/kernels/cpu", "elbo/kernels/ref", "elbo/kernels/cuda"}

const (
	deviceChooser = "elbo/cmd/internal/device"
	testDevice    = "elbo/internal/testdevice"
)

func TestImportsPointUpward(t *testing.T) {
	for _, p := range listPackages(t) {
		rule := -1
		for i := range allowed {
			if matches(allowed[i].pkg, p.ImportPath) {
				rule = i
				break
			}
		}
		if rule < 0 {
			t.Errorf("%s has no rule: add one to the table", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "elbo/") && !anyMatch(allowed[rule].imports, imp) && !sameTree(p.ImportPath, imp) {
				t.Errorf("%s imports %s, which its rule %q does not allow", p.ImportPath, imp, allowed[rule].pkg)
			}
			if imp == testDevice {
				t.Errorf("%s imports %s outside its tests", p.ImportPath, imp)
			}
			if anyMatch(concreteDevices, imp) && p.ImportPath != deviceChooser && p.ImportPath != testDevice &&
				!strings.HasPrefix(p.ImportPath, "elbo/kernels/") {
				t.Errorf("%s imports the concrete device %s; only %s may", p.ImportPath, imp, deviceChooser)
			}
		}
	}
}

// TestNoVagueNames refuses the package names that end up holding everything.
func TestNoVagueNames(t *testing.T) {
	for _, p := range listPackages(t) {
		switch p.Name {
		case "util", "utils", "common", "helpers", "types":
			t.Errorf("%s: a package is named for what it holds", p.ImportPath)
		}
	}
}

type listed struct {
	ImportPath, Name string
	Imports          []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Imports", "elbo/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 15 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}

func matches(pattern, pkg string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(pkg, tree+"/")
	}
	return pattern == pkg
}

func anyMatch(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if matches(p, pkg) {
			return true
		}
	}
	return false
}

// sameTree allows a package its own internal packages.
func sameTree(pkg, imp string) bool {
	i := strings.Index(imp, "/internal/")
	return i >= 0 && strings.HasPrefix(pkg, imp[:i])
}
