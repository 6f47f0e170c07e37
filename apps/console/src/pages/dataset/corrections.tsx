/** What people decided about images, and whether a version has taken it in. */
import { Badge, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { When } from '../../parts/when.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { sayAction } from './say-action.js';

export const Corrections = ({ dataset, takenIn }: { dataset: string; takenIn: number }) => {
  const corrections = useQuery(queries(useRegistry()).corrections(dataset));
  return (
    <Section title="Corrections">
      <Loaded query={corrections}>
        {(list) =>
          list.length === 0 ? (
            <Text c="dimmed">None.</Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Number</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th>Why</Table.Th>
                    <Table.Th>By</Table.Th>
                    <Table.Th>When</Table.Th>
                    <Table.Th>In a version</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {[...list].reverse().map(({ number, actions, reason, by, at }) => (
                    <Table.Tr key={number}>
                      <Table.Td>{number}</Table.Td>
                      <Table.Td>{actions.map(sayAction).join('; ')}</Table.Td>
                      <Table.Td>{reason}</Table.Td>
                      <Table.Td>{by}</Table.Td>
                      <Table.Td>
                        <When at={at} />
                      </Table.Td>
                      <Table.Td>
                        <Badge color={number <= takenIn ? 'green' : 'yellow'}>
                          {number <= takenIn ? 'yes' : 'waits'}
                        </Badge>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Section>
  );
};
