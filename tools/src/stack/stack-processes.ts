/**
 * The processes of a stack. Each carries GRAFT_STACK_FOLDER in its environment, as do its children: what a lost
 * state file or a killed parent left behind is found by it, and nothing else is ever signalled.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { identifyProcess } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';

const FOLDER_MARK = 'GRAFT_STACK_FOLDER';
const PART_MARK = 'GRAFT_STACK_PART';

/** What every process of a stack has in its environment: the stack's folder, and which part of it it is. */
export const stackMark = (folder: string, part: string): Record<string, string> => ({
  [FOLDER_MARK]: folder,
  [PART_MARK]: part,
});

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

const isMarked = (pid: string, marks: readonly string[]): boolean => {
  const environment = readProc(pid, 'environ').split('\0');
  return marks.every((mark) => environment.includes(mark));
};

/** Every living process of the stack in `folder` (or of one part of it), children included, but for this one. */
export const findStackProcesses = (folder: string, part?: string): StackProcess[] => {
  const marks = [`${FOLDER_MARK}=${folder}`, ...(part === undefined ? [] : [`${PART_MARK}=${part}`])];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => isMarked(pid, marks))
    .flatMap((pid) => {
      const id = identifyProcess(Number(pid));
      return id === null ? [] : [{ ...id, program: readProc(pid, 'cmdline').split('\0')[0] ?? '' }];
    });
};
