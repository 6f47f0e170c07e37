/** Building a program from a pinned Go module, with progress. */
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import { runCommand } from '../system/run-command.js';
import { ensureGo, goEnvironment } from './go-toolchain.js';
import type { BinarySource } from './resolve-binary.js';

export interface GoProgram {
  readonly module: string;
  readonly version: string;
  /** The module's own digest, `h1:…`; its go.sum pins everything below it. */
  readonly sum: string;
  /** The package inside the module that is the program, `.` for its root. */
  readonly package: string;
  readonly buildArgs: readonly string[];
  /** How many modules and packages a build from nothing goes through, and its minutes on two cores. */
  readonly typical: { readonly modules: number; readonly packages: number; readonly minutes: number };
}

const downloadedSchema = z.object({ Dir: z.string(), Sum: z.string() });

export const goSource = (program: GoProgram): BinarySource => ({
  name: `building ${program.module} with Go (about ${program.typical.minutes} min on two cores)`,
  fetch: async ({ path, scratch, onProgress }) => {
    const startedAt = Date.now();
    const { go, version } = await ensureGo(scratch, onProgress);
    const env = await goEnvironment(go, scratch);
    const reference = `${program.module}@${program.version}`;
    onProgress(`${version}: downloading ${program.module}`);
    const { Dir, Sum } = downloadedSchema.parse(
      JSON.parse(await runCommand(go, ['mod', 'download', '-json', reference], { cwd: scratch, env })),
    );
    if (Sum !== program.sum) throw new AppError('corrupt', `${reference}: expected ${program.sum}, got ${Sum}`);

    let modules = 0;
    let packages = 0;
    const tell = (): void => {
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      const what =
        packages === 0
          ? `module ${modules} of about ${program.typical.modules} downloaded`
          : `package ${packages} of about ${program.typical.packages} compiled`;
      onProgress(`${version}: ${what}, ${seconds} s of about ${program.typical.minutes * 60}`);
    };
    const timer = setInterval(tell, 2000);
    try {
      // -v prints each package as it is compiled, beside a line for each module as it is downloaded.
      await runCommand(go, ['build', '-v', '-trimpath', ...program.buildArgs, '-o', path, program.package], {
        cwd: Dir,
        env,
        timeoutMs: 60 * 60_000,
        onLine: (line) => {
          if (line.startsWith('go: downloading')) modules += 1;
          else packages += 1;
        },
      });
    } finally {
      clearInterval(timer);
    }
  },
});
