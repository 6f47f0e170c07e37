/** Which kernels this CPU can run: part of the key of cached activations, and of every measured figure. */
import { readFileSync } from 'node:fs';

export const CPU_CLASSES = ['baseline', 'avx2', 'avx512-vnni', 'bf16'] as const;
export type CpuClass = (typeof CPU_CLASSES)[number];

const readCpuinfo = (): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
};

/** The class from the flags of the first processor in /proc/cpuinfo; `baseline` where they can't be read. */
export const detectCpuClass = (cpuinfo: string = readCpuinfo()): CpuClass => {
  const flags = new Set((/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '').trim().split(/\s+/));
  if (flags.has('avx512_bf16') || flags.has('amx_bf16')) return 'bf16';
  if (flags.has('avx512_vnni')) return 'avx512-vnni';
  if (flags.has('avx2')) return 'avx2';
  return 'baseline';
};
