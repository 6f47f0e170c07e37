import { Anchor, Table, Text } from '@mantine/core';
import type { Review } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { VerdictBadge } from '../../parts/badges.js';
import { versionPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useCaller, useMay, useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

/** Whether this person's word is still wanted: who approved already waits for another. */
const waitsFor = (name: string, { approvals }: Review): boolean => approvals.every(({ by }) => by !== name);

const Reviews = ({ reviews }: { reviews: readonly Review[] }) => {
  const { name } = useCaller();
  if (reviews.length === 0) return <Text c="dimmed">No candidate waits.</Text>;
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Candidate</Table.Th>
            <Table.Th>Gate</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>Approvals</Table.Th>
            <Table.Th>Waits since</Table.Th>
            <Table.Th>Expires</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {reviews.map((review) => (
            <Table.Tr key={`${review.model} ${review.version}`}>
              <Table.Td>
                <Anchor component={Link} to={versionPath(review.model, review.version)}>
                  {review.model} version {review.version}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <VerdictBadge verdict={review.gateVerdict} />
              </Table.Td>
              <Table.Td>{review.environment}</Table.Td>
              <Table.Td>
                {review.approvals.length} of {review.requiredApprovals}
                {waitsFor(name, review) ? '' : ' (yours is there)'}
              </Table.Td>
              <Table.Td>
                <When at={review.createdAt} />
              </Table.Td>
              <Table.Td>{review.expiresAt === null ? 'never' : <When at={review.expiresAt} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
};

/** Candidates that wait; for whoever may decide, it says so. */
export const Waiting = () => {
  const mayDecide = useMay('approveVersion');
  const reviews = useQuery(queries(useRegistry()).reviews());
  return (
    <Section title={mayDecide ? 'Waiting for you' : 'Waiting for a reviewer'}>
      <Loaded query={reviews}>{(list) => <Reviews reviews={list} />}</Loaded>
    </Section>
  );
};
