/** What can be done about a version now: approve or reject it, promote it. Each says what will happen before it does. */
import { Group, List, Stack, Text } from '@mantine/core';
import type { ModelVersion, Review, ReviewAct } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Freezes } from '../../parts/freezes.js';
import { count } from '../../parts/numbers.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { DecideButtons } from './decide-buttons.js';
import { Promote } from './promote.js';
import { Reopen } from './reopen.js';

const Approvals = ({ review: { approvals, requiredApprovals, environment } }: { review: Review }) => (
  <>
    <Text size="sm">
      For {environment}: {approvals.length} of {count(requiredApprovals, 'approval')}.
    </Text>
    {approvals.length === 0 ? null : (
      <List size="sm">
        {approvals.map(({ by, at, reason }) => (
          <List.Item key={by}>
            {by}, <When at={at} />: {reason}
          </List.Item>
        ))}
      </List>
    )}
  </>
);

const ACTS: Readonly<Record<ReviewAct, string>> = {
  approve: 'approved, which counts no more, by',
  reject: 'rejected by',
  expire: 'expired, by',
  reopen: 'taken up again by',
};

/** What else was decided on it, oldest first; approvals that count are told above. */
const Decisions = ({ review: { decisions, approvals } }: { review: Review }) => {
  const others = decisions.filter(
    ({ decision, by, at }) => decision !== 'approve' || !approvals.some((one) => one.by === by && one.at === at),
  );
  return others.length === 0 ? null : (
    <List size="sm" aria-label="What was decided before">
      {others.map(({ by, at, reason, decision }) => (
        <List.Item key={`${by} ${at}`}>
          {ACTS[decision]} {by}, <When at={at} />: {reason}
        </List.Item>
      ))}
    </List>
  );
};

const EXPIRING: readonly ModelVersion['state'][] = ['candidate', 'blocked', 'expired'];

/** Until when somebody has to decide. */
const Expiry = ({ state, expiresAt }: { state: ModelVersion['state']; expiresAt: string | null }) => {
  if (expiresAt === null || !EXPIRING.includes(state)) return null;
  return (
    <Text size="sm">
      {state === 'expired' ? 'Nobody decided in time: it expired' : 'It expires, if nobody decides before,'}{' '}
      <When at={expiresAt} />.
    </Text>
  );
};

export const Decide = ({ version }: { version: ModelVersion }) => {
  const review = useQuery(queries(useRegistry()).review(version.model, version.version));
  const mayDecide = useMay('approveVersion');
  const mayPromote = useMay('requestPromotion');
  const mayReopen = useMay('reopenVersion');
  return (
    <Section title="Decision">
      <Loaded query={review}>
        {(found) => (
          <Stack gap="xs">
            <Freezes model={version.model} />
            <Approvals review={found} />
            <Decisions review={found} />
            <Expiry state={version.state} expiresAt={found.expiresAt} />
            <Group>
              {mayDecide && found.allows.length > 0 ? <DecideButtons version={version} review={found} /> : null}
              {mayReopen && version.state === 'expired' ? <Reopen version={version} /> : null}
              {mayPromote && version.state === 'approved' ? (
                <Promote version={version} environment={found.environment} />
              ) : null}
            </Group>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
};
