/** What this machine has of what Graft wants: read only, nothing is fetched. */
import { existsSync, statfsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { detectCpuClass, graftPaths } from '@graft/platform';
import { findGo } from '../binaries/go-toolchain.js';
import { MINIO } from '../binaries/minio.js';
import { findPostgresPackage } from '../binaries/postgres.js';
import { findBinary } from '../binaries/resolve-binary.js';
import type { BinarySpec } from '../binaries/resolve-binary.js';
import { TEMPORAL, TEMPORAL_TEST_SERVER } from '../binaries/temporal.js';
import { findReferencePython } from '../python/reference-python.js';
import { localUrl } from '../stack/stack-environment.js';
import { DEFAULT_STACK } from '../stack/stack-folder.js';
import { PREFERRED_PORTS } from '../stack/stack-session.js';
import { readState } from '../stack/stack-state.js';
import { isCacheEntryWhole } from '../system/cache-entry.js';
import { isPortFree } from '../system/ports.js';
import { findPip } from '../system/python.js';
import { unprivilegedUser } from '../system/unprivileged-user.js';
import { findTfjs } from '../tensorflow/addon.js';
import type { TfjsPackage } from '../tensorflow/addon.js';
import { findCxxCompiler } from '../tensorflow/cxx-compiler.js';
import { TENSORFLOW_VERSION } from '../tensorflow/libtensorflow.js';

export interface Finding {
  /** `node`, `minio`, `disk space`… */
  readonly subject: string;
  /** `good`: it is there. `later`: Graft gets it when it is needed. `absent`: optional, and not there. `bad`: act. */
  readonly verdict: 'good' | 'later' | 'absent' | 'bad';
  readonly found: string;
}

const finding = (subject: string, verdict: Finding['verdict'], found: string): Finding => ({ subject, verdict, found });

const node = (): Finding => {
  const isNewEnough = Number(process.versions.node.split('.')[0]) >= 20;
  return finding(
    'node',
    isNewEnough ? 'good' : 'bad',
    `${process.versions.node} at ${process.execPath}${isNewEnough ? '' : ': 20 or newer is needed'}`,
  );
};

const python = async (): Promise<Finding> => {
  const pip = await findPip();
  return pip === null
    ? finding('python3 with pip', 'bad', 'not found; Debian, Ubuntu: apt-get install python3 python3-pip')
    : finding('python3 with pip', 'good', pip);
};

const go = async (): Promise<Finding> => {
  const toolchain = await findGo();
  return toolchain === null
    ? finding('go', 'later', 'none on PATH that is 1.24 or newer; one from PyPI is used if MinIO has to be built')
    : finding('go', 'good', `${toolchain.version} at ${toolchain.go}`);
};

const compiler = async (): Promise<Finding> => {
  const found = await findCxxCompiler();
  return found === null
    ? finding(
        'C++ compiler',
        'later',
        "none that works; Zig's from PyPI is used if the TensorFlow addon has to be compiled",
      )
    : finding('C++ compiler', 'good', found.name);
};

const program = async (spec: BinarySpec, cacheDir: string): Promise<Finding> => {
  try {
    const found = await findBinary(spec, { cacheDir });
    if (found !== null)
      return finding(spec.program, 'good', `${found.version ?? 'version unknown'} from ${found.from}: ${found.path}`);
    return finding(
      spec.program,
      'later',
      `${spec.version} is fetched when it is needed (${spec.sources.map(({ name }) => name).join('; else ')})`,
    );
  } catch (error) {
    return finding(spec.program, 'bad', (error as Error).message);
  }
};

const tensorflow = async (name: TfjsPackage, optional: boolean): Promise<Finding> => {
  const command = `./graft setup tensorflow${optional ? ' --gpu' : ''}`;
  try {
    const { folder, version, addonPath } = findTfjs(name);
    const isSetUp = existsSync(join(folder, addonPath)) && existsSync(join(folder, 'deps/lib/libtensorflow.so'));
    if (isSetUp) return finding(name, 'good', `${version}, set up with libtensorflow ${TENSORFLOW_VERSION}`);
    return finding(name, optional ? 'absent' : 'later', `${version}, not set up: ${command}`);
  } catch (error) {
    return finding(name, optional ? 'absent' : 'bad', (error as Error).message);
  }
};

const referencePython = async (cacheDir: string): Promise<Finding> =>
  (await findReferencePython({ cacheDir })) === null
    ? finding('PyTorch', 'later', './graft test and ./graft bench fetch it to compare with (2.4 GB)')
    : finding('PyTorch', 'good', 'in the cache, to compare with in tests and benches');

const processor = (): Finding => {
  const [first] = cpus();
  return finding('CPU', 'good', `${first?.model ?? 'unknown'}, ${cpus().length} threads, class ${detectCpuClass()}`);
};

const GIGABYTE = 1e9;

const disk = (subject: string, folder: string, wanted: number): Finding => {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = (bavail * bsize) / GIGABYTE;
  const isEnough = free >= wanted;
  return finding(
    subject,
    isEnough ? 'good' : 'bad',
    `${folder}: ${free.toFixed(1)} GB free${isEnough ? '' : `, ${wanted} GB wanted`}`,
  );
};

const memory = (): Finding =>
  finding(
    'memory',
    totalmem() > 3 * GIGABYTE ? 'good' : 'bad',
    `${(totalmem() / GIGABYTE).toFixed(1)} GB (4 or more are wanted)`,
  );

const ports = async (): Promise<Finding> => {
  const { ports: remembered, servers } = await readState(DEFAULT_STACK);
  if (Object.keys(servers).length > 0) {
    const known = Object.entries(remembered).map(([name, port]) => `${name} ${port}`);
    return finding('ports', 'good', `of stack "${DEFAULT_STACK}": ${known.join(', ')}`);
  }
  const checks = await Promise.all(
    Object.values(PREFERRED_PORTS).map(async (port) => ((await isPortFree(port)) ? [] : [port])),
  );
  const taken = checks.flat();
  return finding(
    'ports',
    'good',
    taken.length === 0 ? `free, from ${localUrl(4700)} on` : `${taken.join(', ')} taken: others are picked`,
  );
};

const user = (): Finding => {
  try {
    const other = unprivilegedUser();
    return finding(
      'user',
      'good',
      other === null ? `uid ${process.getuid?.()}` : `root; PostgreSQL runs as uid ${other.uid}`,
    );
  } catch (error) {
    return finding('user', 'bad', (error as Error).message);
  }
};

const postgres = async (cacheDir: string): Promise<Finding> => {
  try {
    const { version } = findPostgresPackage();
    const isCached = await isCacheEntryWhole(join(cacheDir, `binaries/postgres-${version}`));
    return finding(
      'postgres',
      isCached ? 'good' : 'later',
      `${version} from npm${isCached ? ', in the cache' : ', copied to the cache when it is needed'}`,
    );
  } catch (error) {
    return finding('postgres', 'bad', (error as Error).message);
  }
};

/** Everything worth knowing before something doesn't work. Takes a second. */
export const examineMachine = async (): Promise<Finding[]> => {
  const { cacheDir, stateDir } = graftPaths();
  return Promise.all([
    node(),
    python(),
    user(),
    processor(),
    memory(),
    disk('disk, cache', cacheDir, 3),
    disk('disk, state', stateDir, 2),
    go(),
    compiler(),
    postgres(cacheDir),
    program(MINIO, cacheDir),
    program(TEMPORAL, cacheDir),
    program(TEMPORAL_TEST_SERVER, cacheDir),
    tensorflow('@tensorflow/tfjs-node', false),
    tensorflow('@tensorflow/tfjs-node-gpu', true),
    referencePython(cacheDir),
    ports(),
  ]);
};
