// Package load lets a program call libcuda, cuBLAS and NVRTC without being linked to them: the
// program starts on any Linux machine, and the libraries are opened at the first call that needs one.
//
// gorgonia.org/cu calls its functions by name, and package initialisation of cu calls cuInit and
// ends the process where that fails. So this package defines every such name itself (symbols_gen.h),
// as a trampoline that jumps through a slot. A slot first leads to a resolver, which opens the
// library, finds the function, and fills the slot; later calls cost one indirect jump. The names are
// hidden, so the libraries themselves never bind to them. cuInit only reports success: the real one
// runs at the first other driver call, and its status is kept and given to all of them.
//
// What is absent answers like a machine without a GPU:
//
//	                    driver              cuBLAS                NVRTC
//	library absent      100 no device       1 not initialized     11 internal error
//	symbol absent       801 not supported   15 not supported      11 internal error
//
// except that cuDeviceGetCount succeeds with 0 devices where there is no usable driver. An absent
// symbol that was called is recorded and shown by Libraries.
//
// A library is looked for in this order, where CUDA major versions up to the driver's come first:
//
//   - the environment variable ELBO_CUDA_DRIVER, ELBO_CUDA_BLAS or ELBO_CUDA_NVRTC: a path, which is
//     the only one tried, or "off";
//   - the dynamic linker's own search (LD_LIBRARY_PATH, ld.so.cache);
//   - for the driver: /usr/local/nvidia/lib64, /usr/lib/wsl/lib and the like;
//   - for cuBLAS and NVRTC: lib64 and lib under $CUDA_HOME, $CUDA_PATH, /usr/local/cuda and /opt/cuda,
//     then Python wheels: site-packages/nvidia/*/lib under $VIRTUAL_ENV, $CONDA_PREFIX, ~/.local,
//     /usr/local and /usr.
//
// Everything but this page is built under the tag elbo_cuda alone. (The tag "cuda" is taken: it
// switches gorgonia.org/gorgonia to its own CUDA engine, which needs cuDNN to be installed.) The
// archives are empty: they satisfy the -lcuda, -lcublas and -lnvrtc that cu asks the linker for.
package load

//go:generate go run ./gen
