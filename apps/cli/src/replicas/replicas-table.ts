/** Replicas as people see them. */
import { paint, printTable } from '../output.js';
import type { LocalReplica } from './local-replicas.js';

const STYLES = {
  ready: 'green',
  unready: 'yellow',
  starting: 'yellow',
  unreachable: 'red',
  ended: 'red',
} as const satisfies Record<LocalReplica['state'], string>;

export const printReplicas = (replicas: readonly LocalReplica[]): void =>
  printTable(
    ['replica', 'environment', 'state', 'its own address', 'behind', 'pid'],
    replicas.map(({ id, environment, state, url, address, pid }) => [
      ...[id, environment, paint(STYLES[state], state), url],
      ...[address === url ? null : address, pid],
    ]),
  );
