import { Anchor, Table, Text } from '@mantine/core';
import { isUnderWay } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { RunBadge } from '../../parts/badges.js';
import { runPath } from '../../parts/links.js';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

/** Among the newest so many: what is under way is among them. */
const LOOKED_AT = 50;

export const RunsUnderWay = () => {
  const runs = useQuery(queries(useRegistry()).runs({ limit: LOOKED_AT }));
  return (
    <Section title="Runs under way">
      <Loaded query={runs}>
        {(list) => {
          const underWay = list.filter(isUnderWay);
          if (underWay.length === 0) return <Text c="dimmed">None.</Text>;
          return (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Pipeline</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Stage</Table.Th>
                  <Table.Th>Started</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {underWay.map((run) => (
                  <Table.Tr key={run.id}>
                    <Table.Td>
                      <Anchor component={Link} to={runPath(run.id)}>
                        {run.pipeline}
                      </Anchor>
                    </Table.Td>
                    <Table.Td>
                      <RunBadge state={run.state} />
                    </Table.Td>
                    <Table.Td>{run.stage ?? '–'}</Table.Td>
                    <Table.Td>
                      <When at={run.createdAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          );
        }}
      </Loaded>
    </Section>
  );
};
