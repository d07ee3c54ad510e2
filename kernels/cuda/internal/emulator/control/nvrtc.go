//go:build elbo_cuda

package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

// ErrNoCompiler says that no NVRTC of NVIDIA's was found.
var ErrNoCompiler = errors.New("control: no libnvrtc found: set ELBO_REAL_NVRTC to its path, " +
	"as of Python's package nvidia-cuda-nvrtc-cu12; it needs no GPU")

// RealNVRTC opens NVIDIA's run-time compiler, so that what the emulator accepts can be shown to
// compile for a GPU as well. It takes the file that ELBO_REAL_NVRTC names, else the first found
// by the dynamic linker, in a toolkit or in a Python environment.
func RealNVRTC() (*Lib, error) {
	if path := os.Getenv("ELBO_REAL_NVRTC"); path != "" {
		return Open(path)
	}
	for _, name := range []string{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"} {
		if l, err := Open(name); err == nil {
			return l, nil
		}
		for _, dir := range compilerFolders() {
			found, _ := filepath.Glob(filepath.Join(dir, name)) // the pattern is well formed
			for _, path := range found {
				if l, err := Open(path); err == nil {
					return l, nil
				}
			}
		}
	}
	return nil, ErrNoCompiler
}

// compilerFolders are patterns of where toolkits and Python packages put NVRTC.
func compilerFolders() []string {
	var dirs []string
	for _, root := range []string{os.Getenv("CUDA_HOME"), os.Getenv("CUDA_PATH"), "/usr/local/cuda", "/opt/cuda"} {
		if root != "" {
			dirs = append(dirs, filepath.Join(root, "lib64"))
		}
	}
	home, _ := os.UserHomeDir() // "" where there is none
	for _, root := range []string{os.Getenv("VIRTUAL_ENV"), filepath.Join(home, ".local"), "/usr/local", "/usr"} {
		if root != "" {
			for _, packages := range []string{"site-packages", "dist-packages"} {
				for _, part := range []string{"cuda_nvrtc", "cu13"} {
					dirs = append(dirs, filepath.Join(root, "lib/python3*", packages, "nvidia", part, "lib"))
				}
			}
		}
	}
	return dirs
}

// Compile has the library's NVRTC compile a source and returns its status, its log and, where
// the status is 0, the PTX with its final zero byte.
func (l *Lib) Compile(source string, options ...string) (status int, log string, image []byte) {
	var held []func()
	defer func() {
		for _, free := range held {
			free()
		}
	}()
	memory := func(n int) unsafe.Pointer {
		p, free := Memory(n)
		held = append(held, free)
		return p
	}
	text := func(s string) uintptr {
		p := memory(len(s) + 1)
		copy(unsafe.Slice((*byte)(p), len(s)), s)
		return uintptr(p)
	}

	program := (*uintptr)(memory(8))
	at := uintptr(unsafe.Pointer(program))
	if status = l.Call("nvrtcCreateProgram", at, text(source), text("kernels.cu"), 0, 0, 0); status != 0 {
		return status, "", nil
	}
	defer l.Call("nvrtcDestroyProgram", at)
	list := memory(8 * (len(options) + 1))
	for i, o := range options {
		unsafe.Slice((*uintptr)(list), len(options))[i] = text(o)
	}
	status = l.Call("nvrtcCompileProgram", *program, uintptr(len(options)), uintptr(list))

	read := func(what string) []byte {
		n := (*uintptr)(memory(8))
		if l.Call("nvrtcGet"+what+"Size", *program, uintptr(unsafe.Pointer(n))) != 0 {
			return nil
		}
		b := memory(int(*n))
		if l.Call("nvrtcGet"+what, *program, uintptr(b)) != 0 {
			return nil
		}
		return append([]byte(nil), unsafe.Slice((*byte)(b), int(*n))...)
	}
	log = strings.TrimRight(string(read("ProgramLog")), "\x00\n")
	if status == 0 {
		image = read("PTX")
	}
	return status, log, image
}

// CompilerVersion is the version of the library's NVRTC, such as "12.8".
func (l *Lib) CompilerVersion() string {
	p, free := Memory(8)
	defer free()
	v := unsafe.Slice((*int32)(p), 2)
	l.Call("nvrtcVersion", uintptr(p), uintptr(unsafe.Pointer(&v[1])))
	return fmt.Sprintf("%d.%d", v[0], v[1])
}
