/** A question before what can't be undone. */
import { createInterface } from 'node:readline/promises';
import { AppError } from '@graft/contracts';

/**
 * Asks on the terminal; `yes` alone goes on.
 * @throws AppError `usage` where nobody can be asked, `refused` where the answer is another
 */
export const confirm = async (question: string): Promise<void> => {
  if (!process.stdin.isTTY) {
    throw new AppError('usage', 'this asks for confirmation, and there is no terminal to ask on: say --yes');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [yes/no] `);
    if (answer.trim().toLowerCase() !== 'yes') throw new AppError('refused', 'nothing was changed');
  } finally {
    terminal.close();
  }
};
