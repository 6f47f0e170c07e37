/** What a bench prints. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { detectCpuClass, versionInfo, type CpuClass } from '@graft/platform';

export interface BenchMachine {
  readonly cpuClass: CpuClass;
  /** The processor's own name. */
  readonly cpu: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
}

export interface BenchMeasurement {
  readonly name: string;
  /** `images/s`, `ratio`, … */
  readonly unit: string;
  readonly median: number;
  /** One a timed round. */
  readonly values: readonly number[];
  readonly about?: Readonly<Record<string, unknown>>;
}

export interface BenchTarget {
  readonly name: string;
  /** Ours to the peer's, so that more is better (but for `atMost`): the median of paired ratios. Null where the target doesn't apply. */
  readonly ratio: number | null;
  /** Of two identical contestants in the same run: eight in ten of their ratios were within 1 ± spread. */
  readonly spread: number | null;
  readonly target: number | null;
  /** Less is better: a share. */
  readonly atMost?: true;
  /** Whether this machine can show it. */
  readonly applies: boolean;
  readonly met: boolean;
  /** Why it doesn't apply. */
  readonly reason?: string;
}

export interface BenchReport {
  readonly bench: string;
  readonly machine: BenchMachine;
  readonly graft: string;
  readonly commit: string | null;
  readonly startedAt: string;
  readonly measurements: readonly BenchMeasurement[];
  readonly targets: readonly BenchTarget[];
}

const processorName = (): string => {
  try {
    return /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return cpus()[0]?.model ?? 'unknown';
  }
};

export const describeMachine = (cores: number): BenchMachine => ({
  cpuClass: detectCpuClass(),
  cpu: processorName(),
  cores,
  memoryBytes: totalmem(),
  kernel: release(),
  node: process.version,
});

/** What must be reached, by CPU class; a text says why a class can't show it. */
export type TargetByClass = Readonly<Record<CpuClass, number | string>>;

/** Judges a ratio against the target of this machine's class. */
export const judgeTarget = (options: {
  readonly name: string;
  readonly targets: TargetByClass;
  readonly cpuClass: CpuClass;
  readonly ratio: number;
  readonly spread: number;
}): BenchTarget => {
  const { name, targets, cpuClass, ratio, spread } = options;
  const target = targets[cpuClass];
  if (typeof target === 'string') {
    return { name, ratio: null, spread: null, target: null, applies: false, met: false, reason: target };
  }
  return { name, ratio, spread, target, applies: true, met: ratio >= target };
};

/** What a target asks for, in words: `≥ 2`. */
export const askedOf = ({ target, atMost }: BenchTarget): string =>
  target === null ? '–' : `${atMost === true ? '≤' : '≥'} ${target}`;

export const createReport = (
  bench: string,
  startedAt: Date,
  rest: Pick<BenchReport, 'machine' | 'measurements' | 'targets'>,
): BenchReport => ({ bench, ...versionInfo(), startedAt: startedAt.toISOString(), ...rest });
