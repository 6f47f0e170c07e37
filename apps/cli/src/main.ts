/** The `graft` command: parses, runs, and turns whatever goes wrong into one clear line and an exit code that means something. */
import { EXIT_CODES } from '@graft/contracts';
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

// A closed pipe (`graft runs list | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done);
  throw error;
});

const json = process.argv.includes('--json');

try {
  await createProgram({ json }).parseAsync(process.argv);
} catch (thrown) {
  process.exitCode = reportError(thrown, { json, debug: process.env.GRAFT_LOG_LEVEL === 'debug' });
}
