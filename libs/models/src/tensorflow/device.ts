/**
 * What TensorFlow would train on here, found out without loading it: the GPU, its driver, the package for GPUs and NVIDIA's
 * libraries; and where one of them lacks, which.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { choosePackage, packageFolder, type TensorFlowPackage } from './choose-package.js';

export interface DeviceLibrary {
  /** `libcuda.so.1`: the driver's; the others come with `./graft setup tensorflow --gpu`. */
  readonly name: string;
  readonly found: boolean;
}

export interface Device {
  readonly kind: 'gpu' | 'cpu';
  /** The GPU's name, or the CPU's. */
  readonly name: string;
  /** Of the GPU; null for a CPU, or where the driver doesn't say. */
  readonly memoryMiB: number | null;
  readonly driver: string | null;
  readonly packageName: TensorFlowPackage;
  /** What a GPU needs; none are looked for where there is no GPU. */
  readonly libraries: readonly DeviceLibrary[];
  /** Why the CPU is used, for a person; null where a GPU is. */
  readonly reason: string | null;
}

/** How the machine is looked at; tests look at machines of their own. */
export interface MachineProbe {
  /** What a program writes to standard output, or null where it isn't there or fails. */
  run(program: string, args: readonly string[]): string | null;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  read(path: string): string | null;
  exists(path: string): boolean;
  /** Folder of an installed package; null where it isn't installed. */
  packageFolder(name: TensorFlowPackage): string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly cpu: string;
}

const PROGRAM_TIMEOUT_MS = 10_000;

/** This machine. */
export const machineProbe = (): MachineProbe => ({
  run: (program, args) => {
    const { status, stdout } = spawnSync(program, [...args], { encoding: 'utf8', timeout: PROGRAM_TIMEOUT_MS });
    return status === 0 ? stdout : null;
  },
  list: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  exists: existsSync,
  packageFolder,
  env: process.env,
  cpu: cpus()[0]?.model ?? 'unknown CPU',
});

const DRIVER_LIBRARY = 'libcuda.so.1';
/** By the names that TensorFlow 2.21 loads them by (CUDA 12, cuDNN 9). */
const CUDA_LIBRARIES = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcudnn.so.9',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
];

interface Gpu {
  readonly name: string;
  readonly memoryMiB: number | null;
  readonly driver: string | null;
}

/** The first GPU: by nvidia-smi, else by what the kernel's driver says. */
const findGpu = (probe: MachineProbe): Gpu | null => {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const [line = ''] = (probe.run('nvidia-smi', query) ?? '').trim().split('\n');
  const [name = '', memory = '', driver = ''] = line.split(',').map((part) => part.trim());
  if (name !== '') {
    const memoryMiB = Number.parseInt(memory, 10);
    return { name, memoryMiB: Number.isNaN(memoryMiB) ? null : memoryMiB, driver: driver === '' ? null : driver };
  }
  const folder = '/proc/driver/nvidia/gpus';
  const [first] = probe.list(folder);
  if (first === undefined) return null;
  const model = /^Model:\s*(.+)$/m.exec(probe.read(join(folder, first, 'information')) ?? '')?.[1];
  const version = /Kernel Module\s+(?:for x86_64\s+)?([\d.]+)/.exec(
    probe.read('/proc/driver/nvidia/version') ?? '',
  )?.[1];
  return { name: model?.trim() ?? 'NVIDIA GPU', memoryMiB: null, driver: version ?? null };
};

/** Where the loader looks: the package's own copies, LD_LIBRARY_PATH, and what ldconfig knows. */
const findLibraries = (probe: MachineProbe, folder: string | null): readonly DeviceLibrary[] => {
  const known = probe.run('/sbin/ldconfig', ['-p']) ?? '';
  const nvidia = folder === null ? null : join(folder, 'deps', 'nvidia');
  const folders = [
    ...(nvidia === null ? [] : probe.list(nvidia).map((part) => join(nvidia, part, 'lib'))),
    ...(probe.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((part) => part !== ''),
  ];
  return [DRIVER_LIBRARY, ...CUDA_LIBRARIES].map((name) => ({
    name,
    found: known.includes(`${name} `) || folders.some((each) => probe.exists(join(each, name))),
  }));
};

const SETUP = 'run `./graft setup tensorflow --gpu`';

/** Why a GPU that is there can't be used, or null. */
const obstacle = (
  packageName: TensorFlowPackage,
  libraries: readonly DeviceLibrary[],
  probe: MachineProbe,
): string | null => {
  if (packageName === '@tensorflow/tfjs-node')
    return probe.env['GRAFT_DEVICE'] === 'cpu' ? 'GRAFT_DEVICE is cpu' : `the package for GPUs is not set up: ${SETUP}`;
  const missing = libraries.filter(({ found }) => !found).map(({ name }) => name);
  if (missing.includes(DRIVER_LIBRARY)) return `the driver's ${DRIVER_LIBRARY} is not found: install NVIDIA's driver`;
  return missing.length === 0 ? null : `${missing.join(', ')} not found: ${SETUP}`;
};

/**
 * The device that TensorFlow would take on this machine. Takes some milliseconds, or a second where there is a GPU to ask.
 * Whether a process really computes on it, `loadTensorFlow().gpu` says.
 */
export const describeDevice = (probe: MachineProbe = machineProbe()): Device => {
  const gpu = findGpu(probe);
  const packageName = choosePackage({ ...probe, hasGpu: gpu !== null });
  const onCpu = { kind: 'cpu', name: probe.cpu, memoryMiB: null, driver: gpu?.driver ?? null, packageName } as const;
  if (gpu === null)
    return {
      ...onCpu,
      libraries: [],
      reason: 'no NVIDIA GPU was found (neither nvidia-smi nor /proc/driver/nvidia tells of one)',
    };
  const libraries = findLibraries(probe, probe.packageFolder('@tensorflow/tfjs-node-gpu'));
  const reason = obstacle(packageName, libraries, probe);
  if (reason !== null) return { ...onCpu, libraries, reason: `${gpu.name} is there, but ${reason}` };
  return { kind: 'gpu', ...gpu, packageName, libraries, reason: null };
};
