/** A C++17 compiler: CXX, else PATH's, else Zig's out of a PyPI wheel (which builds its own runtime first: 100 s). */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnProgress } from '../system/cache-entry.js';
import { findOnPath } from '../binaries/resolve-binary.js';
import { makeFolder } from '../system/folders.js';
import { downloadWheel } from '../system/python.js';
import type { Wheel } from '../system/python.js';
import { tryCommand } from '../system/run-command.js';
import { unzip } from '../system/unzip.js';

const ZIG_WHEEL: Wheel = {
  requirement: 'ziglang==0.17.1',
  sha256: 'ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54',
  sizeBytes: 101_083_562,
};

export interface CxxCompiler {
  /** For a person. */
  readonly name: string;
  /** The program and its leading arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

/** A compiler can be there without its standard library: ask it to compile a line that needs one. */
const compilesCxx17 = async (command: string, leading: readonly string[]): Promise<boolean> => {
  const probe = 'printf "#include <optional>\\nint main() { return std::optional<int>(0).value(); }\\n"';
  const quoted = [command, ...leading].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return (await tryCommand('/bin/sh', ['-c', `${probe} | ${quoted} -std=c++17 -x c++ -fsyntax-only -`])) !== null;
};

/** CXX (which may carry arguments) or the first of g++, c++ and clang++ on PATH that works; null when none does. */
export const findCxxCompiler = async (env: NodeJS.ProcessEnv = process.env): Promise<CxxCompiler | null> => {
  const [named, ...leading] = (env['CXX'] ?? '').split(/\s+/).filter(Boolean);
  if (named !== undefined && (await compilesCxx17(named, leading))) {
    return { name: `CXX=${named}`, command: [named, ...leading], env };
  }
  for (const program of ['g++', 'c++', 'clang++']) {
    const path = findOnPath(program, env['PATH']);
    if (path !== null && (await compilesCxx17(path, []))) return { name: path, command: [path], env };
  }
  return null;
};

/** A compiler that can be used as long as `scratch` is there. */
export const ensureCxxCompiler = async (scratch: string, onProgress: OnProgress): Promise<CxxCompiler> => {
  const found = await findCxxCompiler();
  if (found !== null) return found;
  const wheel = await downloadWheel(ZIG_WHEEL, scratch, onProgress);
  onProgress('unpacking the compiler');
  await unzip({ archive: wheel, folder: scratch, place: (name) => (name.startsWith('ziglang/') ? name : null) });
  const zig = join(scratch, 'ziglang/zig');
  await chmod(zig, 0o755);
  const zigCache = await makeFolder(join(scratch, 'zig-cache'));
  return {
    name: 'zig c++ (PyPI ziglang 0.17.1)',
    command: [zig, 'c++'],
    env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: zigCache, ZIG_LOCAL_CACHE_DIR: zigCache },
  };
};
