#include "textflag.h"

// func scaleFMA(dst *float32, src *byte, n int, hi, lo float32)
// dst[i] = fma(x, hi, x*lo), x = src[i]; 32 bytes a turn, then 8.
TEXT ·scaleFMA(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS hi+24(FP), Y0
	VBROADCASTSS lo+28(FP), Y1

wide:
	CMPQ CX, $32
	JLT  narrow
	VPMOVZXBD (SI), Y2
	VPMOVZXBD 8(SI), Y3
	VPMOVZXBD 16(SI), Y4
	VPMOVZXBD 24(SI), Y5
	VCVTDQ2PS Y2, Y2
	VCVTDQ2PS Y3, Y3
	VCVTDQ2PS Y4, Y4
	VCVTDQ2PS Y5, Y5
	VMULPS Y2, Y1, Y6
	VMULPS Y3, Y1, Y7
	VMULPS Y4, Y1, Y8
	VMULPS Y5, Y1, Y9
	VFMADD231PS Y2, Y0, Y6
	VFMADD231PS Y3, Y0, Y7
	VFMADD231PS Y4, Y0, Y8
	VFMADD231PS Y5, Y0, Y9
	VMOVUPS Y6, (DI)
	VMOVUPS Y7, 32(DI)
	VMOVUPS Y8, 64(DI)
	VMOVUPS Y9, 96(DI)
	ADDQ $32, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JMP  wide

narrow:
	CMPQ CX, $8
	JLT  done
	VPMOVZXBD (SI), Y2
	VCVTDQ2PS Y2, Y2
	VMULPS Y2, Y1, Y6
	VFMADD231PS Y2, Y0, Y6
	VMOVUPS Y6, (DI)
	ADDQ $8, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JMP  narrow

done:
	VZEROUPPER
	RET

// func prefetch(p *byte, n int)
// Asks for the n bytes from p on, a cache line at a time.
TEXT ·prefetch(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

line:
	PREFETCHT0 (SI)
	ADDQ $64, SI
	SUBQ $64, CX
	JGT  line
	RET
