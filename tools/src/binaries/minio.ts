/**
 * MinIO, the object store. Upstream publishes no package of it any more: a connected machine takes the release from
 * its archive, any other builds the pinned commit. AGPL-3.0: it runs as a server of its own, and is never linked.
 */
import { AppError } from '@graft/contracts';
import { downloadFile, downloadText } from '../system/download.js';
import { goSource } from './go-build.js';
import type { BinarySource, BinarySpec } from './resolve-binary.js';
import { checkSha256 } from './sources.js';

/** The newest one whose bucket notifications are not held back; see docs/adr. */
const RELEASE = 'RELEASE.2025-09-07T16-13-09Z';
const VARIABLES = 'github.com/minio/minio/cmd';
const ARCHIVE = `https://dl.min.io/server/minio/release/linux-amd64/archive/minio.${RELEASE}`;

const officialRelease: BinarySource = {
  name: `the official archive's ${RELEASE}`,
  fetch: async ({ path, onProgress }) => {
    const [sha256] = (await downloadText(`${ARCHIVE}.sha256sum`)).trim().split(/\s+/);
    if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256))
      throw new AppError('corrupt', `${ARCHIVE}.sha256sum holds no digest`);
    await downloadFile({ url: ARCHIVE, path, onProgress });
    await checkSha256(path, sha256);
  },
};

export const MINIO: BinarySpec = {
  program: 'minio',
  version: RELEASE,
  variable: 'GRAFT_MINIO_BINARY',
  versionArgs: ['--version'],
  accepts: (said) => said.includes(RELEASE),
  sources: [
    officialRelease,
    goSource({
      module: 'github.com/minio/minio',
      version: 'v0.0.0-20250907161309-07c3a429bfed',
      sum: 'h1:deu0m9BiyqnMbGWfJi1PpVyotSXlDnTmRIme1cUXnxo=',
      package: '.',
      buildArgs: [
        '-tags',
        'kqueue',
        `-ldflags=-s -w -X ${VARIABLES}.Version=2025-09-07T16:13:09Z -X ${VARIABLES}.ReleaseTag=${RELEASE}`,
      ],
      typical: { modules: 240, packages: 1310, minutes: 6 },
    }),
  ],
};
