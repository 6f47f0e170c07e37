/** The local stack, the programs it is made of, and what else a developer's machine needs. */
export { repositoryRoot, inRepository } from './repository.js';
export { runTasks } from './setup-task.js';
export type { SetupTask, ShowTasks } from './setup-task.js';
export { setupTasks } from './setup-everything.js';
export type { SetupOptions } from './setup-everything.js';
export { showTasks } from './show-tasks.js';
export { INTERRUPTED, sayWhenInterrupted } from './interruption.js';

export { ensureEmojiArt, EMOJI_VENDORS } from './binaries/emoji-art.js';
export type { EmojiPicture, EmojiVendor } from './binaries/emoji-art.js';
export { MINIO } from './binaries/minio.js';
export { ensurePostgres } from './binaries/postgres.js';
export { findBinary, findOnPath, resolveBinary } from './binaries/resolve-binary.js';
export type { Binary, BinarySpec } from './binaries/resolve-binary.js';
export { TEMPORAL, TEMPORAL_TEST_SERVER } from './binaries/temporal.js';
export { findGo } from './binaries/go-toolchain.js';
export { findCxxCompiler } from './tensorflow/cxx-compiler.js';
export { TENSORFLOW_VERSION } from './tensorflow/libtensorflow.js';
export { setupTensorflow } from './tensorflow/setup-tensorflow.js';
export type { TensorflowSetup } from './tensorflow/setup-tensorflow.js';

export { findBrowser, launchBrowser } from './browser/browser.js';
export { examineMachine } from './doctor/examine-machine.js';
export type { Finding } from './doctor/examine-machine.js';
export {
  ensureReferencePython,
  findMlflowPython,
  findReferencePython,
  findSchemathesisPython,
  findTritonclientPython,
} from './python/reference-python.js';
export type { ReferencePython } from './python/reference-python.js';
export { runMigrations, runPrisma, prismaEnvironment } from './prisma/run-migrations.js';
export { startPostgres, stopPostgres, postgresUrl } from './stack/start-postgres.js';
export type { PostgresOptions, RunningPostgres } from './stack/start-postgres.js';
export { startMinio } from './stack/start-minio.js';
export { startTemporal } from './stack/start-temporal.js';
export { startApp, stopApp, killApp } from './stack/app-process.js';
export { stackUp } from './stack/stack-up.js';
export type { RunningStack, StackUpOptions } from './stack/stack-up.js';
export { stackDown, destroyStack } from './stack/stack-down.js';
export { requireStack, resolveStack, runningStacks, stackStatus } from './stack/stack-status.js';
export type { PartState, PartStatus, StackStatus } from './stack/stack-status.js';
export { stackEnvironment, stackServers } from './stack/stack-environment.js';
export { BUCKETS } from './stack/start-minio.js';
export type { StackServers } from './stack/stack-environment.js';
export { stackReplicas } from './stack/stack-replicas.js';
export { quantileOf } from './bench/take-turns.js';
export { scaleServing } from './stack/scale-serving.js';
export { servingOf } from './stack/app-definition.js';
export type { LocalServing, StackReplicas } from './stack/stack-replicas.js';
export { DEFAULT_STACK, graftCommand, listStacks, stackFolder } from './stack/stack-folder.js';
export { APPS, SERVERS } from './stack/stack-state.js';
export type { AppName, ServerName } from './stack/stack-state.js';

export { withLock } from './system/file-lock.js';
export { pickPort, isPortFree, isPortOpen } from './system/ports.js';
export { stopProcess } from './system/processes.js';
export { findPip } from './system/python.js';
export { runCommand, tryCommand } from './system/run-command.js';
