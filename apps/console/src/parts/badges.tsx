/** States and verdicts: a colour for the eye, and always the word. */
import { Badge, type MantineColor } from '@mantine/core';
import type { GateVerdict, RunState, VersionState } from '@graft/contracts';

const VERDICTS: Readonly<Record<GateVerdict, MantineColor>> = { pass: 'green', fail: 'red', insufficient: 'yellow' };
const VERSIONS: Readonly<Record<VersionState, MantineColor>> = {
  candidate: 'blue',
  approved: 'green',
  rejected: 'red',
  superseded: 'gray',
  blocked: 'red',
  withdrawn: 'orange',
  expired: 'gray',
};
const RUNS: Readonly<Record<RunState, MantineColor>> = {
  requested: 'gray',
  running: 'blue',
  cancelling: 'orange',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'gray',
  skipped: 'gray',
};

const Word = ({ color, children }: { color: MantineColor; children: string }) => (
  <Badge color={color}>{children}</Badge>
);

export const VerdictBadge = ({ verdict }: { verdict: GateVerdict }) => <Word color={VERDICTS[verdict]}>{verdict}</Word>;
export const VersionBadge = ({ state }: { state: VersionState }) => <Word color={VERSIONS[state]}>{state}</Word>;
export const RunBadge = ({ state }: { state: RunState }) => <Word color={RUNS[state]}>{state}</Word>;
