/** The steps of a build: Prisma's client, the workflows' bundle, the apps. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { bundle, root, sourcesOf } from './bundle.mjs';
import { fingerprint, unlessSame } from './memory.mjs';

const run = promisify(execFile);
const inRoot = (...parts) => join(root, ...parts);
const versionOf = (name, from) => {
  const require = createRequire(inRoot(from, 'package.json'));
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
};

const SCHEMA = 'apps/registry/prisma/schema.prisma';
const CLIENT = 'apps/registry/src/generated';

/** `prisma generate`, which needs no database and, with the variable, no download either. */
export const generatePrismaClient = async () => {
  if (!existsSync(inRoot(SCHEMA))) return false;
  return unlessSame({
    name: 'prisma-client',
    fingerprint: fingerprint([SCHEMA, 'apps/registry/prisma.config.ts'], versionOf('prisma', 'tools')),
    output: CLIENT,
    act: async () => {
      const require = createRequire(inRoot('tools/package.json'));
      const cli = join(dirname(require.resolve('prisma/package.json')), 'build/index.js');
      await run(process.execPath, [cli, 'generate', '--config', inRoot('apps/registry/prisma.config.ts')], {
        cwd: root,
        env: {
          ...process.env,
          CHECKPOINT_DISABLE: '1',
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          PRISMA_SCHEMA_ENGINE_BINARY: inRoot('tools/prisma/schema-engine.mjs'),
        },
      }).catch((error) => {
        throw new Error(`prisma generate failed:\n${error.stderr || error.message}`);
      });
    },
  });
};

const WORKFLOWS = 'apps/orchestrator/src/workflows/index.ts';
const WORKFLOW_BUNDLE = 'dist/apps/orchestrator/workflows.js';

/** The workflows as the worker's sandbox loads them. Made ahead, it saves the worker five seconds at each start. */
export const bundleWorkflows = async () => {
  if (!existsSync(inRoot(WORKFLOWS))) return false;
  const inputs = await sourcesOf(WORKFLOWS);
  return unlessSame({
    name: 'workflows',
    fingerprint: fingerprint(
      [...inputs, 'tools/build/steps.mjs'],
      versionOf('@temporalio/worker', 'apps/orchestrator'),
    ),
    output: WORKFLOW_BUNDLE,
    act: async () => {
      const require = createRequire(inRoot('apps/orchestrator/package.json'));
      const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
      const { code } = await bundleWorkflowCode({
        workflowsPath: inRoot(WORKFLOWS),
        logger: new DefaultLogger('WARN', ({ message, meta }) =>
          process.stderr.write(`${message} ${JSON.stringify(meta ?? {})}\n`),
        ),
        webpackConfigHook: (config) => ({
          ...config,
          resolve: { ...config.resolve, conditionNames: ['@graft/source', '...'] },
        }),
      });
      mkdirSync(dirname(inRoot(WORKFLOW_BUNDLE)), { recursive: true });
      writeFileSync(inRoot(`${WORKFLOW_BUNDLE}.tmp`), code);
      renameSync(inRoot(`${WORKFLOW_BUNDLE}.tmp`), inRoot(WORKFLOW_BUNDLE));
    },
  });
};

const CONSOLE = 'apps/console';
const CONSOLE_PAGE = 'dist/apps/console/index.html';

const filesUnder = (folder) =>
  readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));

/** Beside each file what a browser would rather have: the registry sends it as it is. */
const compressAssets = (folder) => {
  for (const file of filesUnder(folder).filter((name) => /\.(js|css|svg|map)$/.test(name))) {
    const bytes = readFileSync(inRoot(file));
    writeFileSync(inRoot(`${file}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(inRoot(`${file}.br`), brotliCompressSync(bytes));
  }
};

/** The pages that the registry serves under /console/. */
export const bundleConsole = async () => {
  const folders = [
    'apps/console/src',
    ...['contracts', 'evaluation', 'registry-client'].map((lib) => `libs/${lib}/src`),
  ];
  const own = ['index.html', 'package.json', 'vite.config.ts'].map((name) => `${CONSOLE}/${name}`);
  const sources = [...folders.flatMap(filesUnder), ...own];
  return unlessSame({
    name: 'console',
    fingerprint: fingerprint([...sources, 'tools/build/steps.mjs', 'package-lock.json']),
    output: CONSOLE_PAGE,
    act: async () => {
      const require = createRequire(inRoot(CONSOLE, 'package.json'));
      const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js');
      // In a process of its own: another step, at the same time, says that all is `development`.
      await run(process.execPath, [vite, 'build', inRoot(CONSOLE), '--logLevel', 'error'], {
        cwd: root,
        env: { ...process.env, NODE_ENV: 'production' },
      }).catch((error) => {
        throw new Error(`the console could not be built:\n${error.stderr || error.message}`);
      });
      compressAssets('dist/apps/console/assets');
    },
  });
};

/** Programs that an app starts beside itself: a child process or a worker thread. */
const isExtraEntry = (name) => /-(process|worker)\.ts$/.test(name);

/** Each app's main.ts, with its extra entries, into dist/apps/<app>/. Answers the apps' names. */
export const bundleApps = async () => {
  const apps = readdirSync(inRoot('apps')).filter((app) => existsSync(inRoot('apps', app, 'src/main.ts')));
  // The browser's app has a build of its own.
  const forNode = apps.filter((app) => app !== 'console');
  const outcomes = await Promise.allSettled(
    forNode.map((app) => {
      const extra = readdirSync(inRoot('apps', app, 'src')).filter(isExtraEntry);
      const entries = ['main.ts', ...extra].map((name) => `apps/${app}/src/${name}`);
      return bundle({ entries, outdir: `dist/apps/${app}` });
    }),
  );
  const failed = forNode.filter((_, index) => outcomes[index].status === 'rejected');
  if (failed.length > 0) throw new Error(`could not bundle ${failed.join(', ')}`);
  return forNode;
};
