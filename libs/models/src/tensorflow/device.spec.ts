import { describe, expect, it } from '@jest/globals';
import { describeDevice, type MachineProbe } from './device.js';

const GPU_FOLDER = '/modules/tfjs-node-gpu';
const ADDON = `${GPU_FOLDER}/lib/napi-v8/tfjs_binding.node`;
const SMI = 'NVIDIA A10G, 23028, 570.86.15\nNVIDIA A10G, 23028, 570.86.15\n';
const CUDA = [
  'cublas/lib/libcublas.so.12',
  'cublas/lib/libcublasLt.so.12',
  'cuda_runtime/lib/libcudart.so.12',
  'cudnn/lib/libcudnn.so.9',
  'cufft/lib/libcufft.so.11',
  'cusolver/lib/libcusolver.so.11',
  'cusparse/lib/libcusparse.so.12',
];
const LDCONFIG = '\tlibcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1\n';

/** A machine that is said, not this one. */
const machine = (options: {
  smi?: string | null;
  proc?: Readonly<Record<string, string>>;
  files?: readonly string[];
  ldconfig?: string;
  env?: NodeJS.ProcessEnv;
}): MachineProbe => {
  const { smi = null, proc = {}, files = [], ldconfig = '', env = {} } = options;
  return {
    run: (program) => (program === 'nvidia-smi' ? smi : ldconfig),
    list: (folder) => [
      ...new Set(
        [...files, ...Object.keys(proc)]
          .filter((path) => path.startsWith(`${folder}/`))
          .flatMap((path) => path.slice(folder.length + 1).split('/')[0] ?? []),
      ),
    ],
    read: (path) => proc[path] ?? null,
    exists: (path) => files.includes(path),
    packageFolder: (name) => (name.endsWith('-gpu') ? GPU_FOLDER : '/modules/tfjs-node'),
    env,
    cpu: 'AMD EPYC',
  };
};

const WHOLE = [ADDON, ...CUDA.map((path) => `${GPU_FOLDER}/deps/nvidia/${path}`)];

describe('the device of a machine', () => {
  it('is its GPU, with memory and driver, where everything is there', () => {
    expect(describeDevice(machine({ smi: SMI, files: WHOLE, ldconfig: LDCONFIG }))).toMatchObject({
      kind: 'gpu',
      name: 'NVIDIA A10G',
      memoryMiB: 23028,
      driver: '570.86.15',
      packageName: '@tensorflow/tfjs-node-gpu',
      reason: null,
    });
  });

  it('is its CPU without a GPU, and says that there is none', () => {
    const device = describeDevice(machine({ files: [ADDON] }));
    expect(device).toMatchObject({
      kind: 'cpu',
      name: 'AMD EPYC',
      packageName: '@tensorflow/tfjs-node',
      libraries: [],
    });
    expect(device.reason).toMatch(/^no NVIDIA GPU was found/);
  });

  it.each([
    ['the package', { files: [] }, /NVIDIA A10G is there, but the package for GPUs is not set up: run `.\/graft setup/],
    ['a library', { files: WHOLE.filter((path) => !path.includes('libcudnn')) }, /but libcudnn.so.9 not found: run/],
    ['the driver', { files: WHOLE, ldconfig: '' }, /driver's libcuda.so.1 is not found: install NVIDIA's driver/],
    ['permission', { files: WHOLE, env: { GRAFT_DEVICE: 'cpu' } }, /but GRAFT_DEVICE is cpu/],
  ])('falls back to the CPU without %s, and says so', (_, options, reason) => {
    const device = describeDevice(machine({ smi: SMI, ldconfig: LDCONFIG, ...options }));
    expect(device).toMatchObject({ kind: 'cpu', memoryMiB: null });
    expect(device.reason).toMatch(reason);
  });

  it('hears of a GPU from the kernel where nvidia-smi is missing, and finds libraries on LD_LIBRARY_PATH', () => {
    const proc = {
      '/proc/driver/nvidia/gpus/0000:00:1e.0/information': 'Model: \t\t Tesla T4\nIRQ: 12\n',
      '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\n',
    };
    const files = [
      ADDON,
      ...['libcuda.so.1', ...CUDA.map((path) => path.split('/')[2] ?? '')].map((name) => `/opt/cuda/${name}`),
    ];
    expect(describeDevice(machine({ proc, files, env: { LD_LIBRARY_PATH: '/none:/opt/cuda' } }))).toMatchObject({
      kind: 'gpu',
      name: 'Tesla T4',
      memoryMiB: null,
      driver: '535.183.01',
    });
  });

  it('takes the package for GPUs where it is asked to, and refuses what it does not know', () => {
    expect(describeDevice(machine({ files: [ADDON], env: { GRAFT_DEVICE: 'gpu' } }))).toMatchObject({
      kind: 'cpu',
      packageName: '@tensorflow/tfjs-node-gpu',
    });
    expect(() => describeDevice(machine({ env: { GRAFT_DEVICE: 'gpu' } }))).toThrow(/graft setup tensorflow --gpu/);
    expect(() => describeDevice(machine({ env: { GRAFT_DEVICE: 'tpu' } }))).toThrow(/auto, cpu or gpu/);
  });
});
