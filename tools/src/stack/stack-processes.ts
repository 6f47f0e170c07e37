/**
 * The processes of a stack. Each carries GRAFT_STACK_FOLDER in its environment, as do its children: what a lost
 * state file or a killed parent left behind is found by it, and nothing else is ever signalled.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { identifyProcess } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';

const MARK = 'GRAFT_STACK_FOLDER';

/** What every process of a stack has in its environment. */
export const stackMark = (folder: string): Record<string, string> => ({ [MARK]: folder });

export interface StackProcess extends ProcessId {
  /** The first word of its command line. */
  readonly program: string;
}

const readProc = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // Gone, or another user's.
  }
};

/** Every living process of the stack in `folder`, but for this one. */
export const findStackProcesses = (folder: string): StackProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(`${MARK}=${folder}`))
    .flatMap((pid) => {
      const id = identifyProcess(Number(pid));
      return id === null ? [] : [{ ...id, program: readProc(pid, 'cmdline').split('\0')[0] ?? '' }];
    });
